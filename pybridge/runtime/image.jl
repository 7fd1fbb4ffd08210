# Builds a system image. Run by image.py, with --output-o, as
#     julia --output-o=IMAGE.o image.jl TRACE FILE...
# FILEs each hold a module of their name, which begins with a capital; TRACE holds the precompile statements that Julia wrote while
# the calls of a run were rehearsed. What is loaded and compiled here is in the image; no __init__
# runs.

# Julia starts no further than `Base` while it writes an image: this is what its start does else.
Base.reinit_stdio()
@eval Sys BINDIR = ccall(:jl_get_julia_bindir, Any, ())::String
@eval Sys STDLIB =
    abspath(BINDIR, "..", "share", "julia", "stdlib", "v$(VERSION.major).$(VERSION.minor)")
Base.init_depot_path()
Base.init_load_path()
isdefined(Base, :init_active_project) && Base.init_active_project()

# The private bridge has a stand-in of it, which juliacall loads first; elsewhere it may be absent.
try
    Base.require(Main, :CompilerSupportLibraries_jll)
catch
end
import Pkg, PythonCall
foreach(include, ARGS[2:end])

"Where precompile statements are evaluated: every loaded module under its name."
module Staging end

name_of(file) = Symbol(uppercasefirst(first(splitext(basename(file)))))
modules = [getfield(Main, name_of(file)) for file in ARGS[2:end]]
for mod in [collect(values(Base.loaded_modules)); modules]
    Core.eval(Staging, :(const $(nameof(mod)) = $mod))
end

for line in eachline(ARGS[1])
    # A statement may speak of what is not here, such as the module of the tagger file that was
    # loaded: that one is compiled anew in every run, since it is the user's and may change.
    try
        Core.eval(Staging, Meta.parse(line))
    catch
    end
end

# The paths of this machine are no part of the image; a start sets them.
empty!(LOAD_PATH)
empty!(DEPOT_PATH)
