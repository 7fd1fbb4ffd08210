# PythonCall says `@require PyCall = ... code` and the like for PyCall, CategoricalArrays: code to
# run when the other package is loaded too. None of them can be loaded in the private project.
module Requires

export @require

macro require(_...)
    return nothing
end

end
