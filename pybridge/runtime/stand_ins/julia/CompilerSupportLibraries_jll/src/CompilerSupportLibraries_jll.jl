# juliacall loads CompilerSupportLibraries_jll first of all, to have libgfortran in the process
# before Python brings its own. Debian's libraries find theirs without help, and from Julia 1.6 on
# the real package is in Julia's own image and this file is not read.
#
# Being first makes this the place for what juliacall 0.9.24 needs and Julia 1.5 has not got.
module CompilerSupportLibraries_jll

import Pkg

@static if VERSION < v"1.6"
    # `Pkg.activate(project, io=devnull)`: the keyword came with 1.6. Without it Pkg announces the
    # project on the terminal, so the project is set without Pkg's words.
    function Pkg.API.activate(path::String; io::IO)
        Base.ACTIVE_PROJECT[] = Base.load_path_expand(path)
        return nothing
    end
end

function __init__()
    # `Meta.parseall` came with 1.6. PythonCall parses what Python hands to `seval` with it.
    isdefined(Meta, :parseall) || Base.eval(Meta, :(
        parseall(text::AbstractString; filename="none") =
            Base.parse_input_line(String(text); filename=filename)
    ))
end

end
