# What goes wrong in a user's code, as one line with file and line. Included by XCheck.jl.

"What a user's code did wrong: one line, with file and line where they are known."
struct Finding <: Exception
    text::String
end

Base.showerror(io::IO, e::Finding) = print(io, e.text)

"""
Call `f()`; return `(value, "")`, or `(nothing, problem)` where it threw. The problem is one line:
the innermost line of the tagger file that was running, and Julia's own message.
"""
function attempt(f, path)
    file = isabspath(path) ? path : abspath(String(path)) # now: a user's code may call cd()
    try
        return (f(), "")
    catch e
        e isa InterruptException && rethrow()
        e isa Finding && return (nothing, e.text)
        e isa LoadError && return (nothing, load_problem(e))
        where_to, called = place(catch_backtrace(), file)
        return (nothing, string(where_to, ": ", first_line(e), remedy(e, called)))
    end
end

"Where and why a file could not be loaded; the innermost file where one includes another."
function load_problem(e)
    e.error isa LoadError && return load_problem(e.error)
    text = shown(e.error)
    # From Julia 1.10 on a syntax error is a drawing of several lines.
    drawn = match(r"Error @ (.*):(\d+):\d+\n(?:.|\n)*── (.*)", text)
    drawn === nothing && return "$(e.file):$(e.line): $(first_line(e.error))"
    return "$(drawn[1]):$(drawn[2]): syntax: $(drawn[3])"
end

"Julia's message without the hints in the lines below it."
first_line(e) = first(split(shown(e), '\n'))

"Julia's message; an error of the user's own may have none, or fail once more over it."
function shown(e)
    try
        return sprint(showerror, e)
    catch again
        why = again isa ErrorException ? again.msg : string(typeof(again))
        return "an error of type $(nameof(typeof(e))), which cannot be shown: $why"
    end
end

"""
`file:line` of the innermost frame in `file`, `file` alone where there is none; and the function
that was called there, which is empty where the frame itself is the innermost of all.
"""
function place(backtrace, file)
    called = Symbol("")
    # Frames are looked up one by one from the inside and no further than needed: looking up those
    # of the Python executable makes Julia 1.5's LLVM print "error: decoding address ranges".
    for pointer in backtrace, frame in StackTraces.lookup(pointer)
        abspath(string(frame.file)) == file && return "$file:$(frame.line)", called
        called = frame.func
    end
    return file, called
end

# Older code -----------------------------------------------------------------------------------

"""
What would mend an error, as the end of a line; empty where nothing is known. Before Julia 0.6 a
function of numbers took an array as well, entry by entry, for which a dot has to stand now.
"""
remedy(e, called) = ""

function remedy(e::MethodError, called)
    e.f isa Function || return ""
    array = findfirst(a -> a isa AbstractArray, collect(Any, e.args))
    array === nothing && return ""
    single = Tuple{map(a -> a isa AbstractArray ? eltype(a) : typeof(a), e.args)...}
    # Of max(0, row) and 0 < row it is a comparison inside that fails.
    name = called in (:max, :min, :<, :>, :<=, :>=) ? called : nameof(e.f)
    Base.invokelatest(hasmethod, e.f, single) || return ""
    return dotted(name, e.args[array])
end

function remedy(e::DimensionMismatch, called)
    called in POWERS && return dotted(:^, zeros(0, 0))
    occursin("not square", e.msg) && called in OF_A_MATRIX || return ""
    return dotted(called, zeros(0, 0))
end

"Functions that mean something else of a matrix, and need a square one for it."
const OF_A_MATRIX = (
    :exp, :log, :sqrt, :sin, :cos, :tan, :sinh, :cosh, :tanh, :asin, :acos, :atan, :asinh, :acosh,
    :atanh, :inv,
)
const POWERS = (:^, :power_by_squaring, :literal_pow)

function dotted(name, array)
    what = ndims(array) == 1 ? "vector" : "matrix"
    Base.isoperator(name) && return "; of a $what entry by entry: write .$name"
    return "; $name of a $what: write $name.(...)"
end

const MOVED = Dict(
    :dot => "using LinearAlgebra", :norm => "using LinearAlgebra", :vecnorm => "norm",
    :mean => "using Statistics", :std => "using Statistics", :shuffle => "using Random",
    :randperm => "using Random", :srand => "Random.seed!", :indmax => "argmax",
    :indmin => "argmin", :linspace => "range", :eye => "I", :sub2ind => "LinearIndices",
    :readcsv => "using DelimitedFiles", :readdlm => "using DelimitedFiles", :Void => "Nothing",
)

remedy(e::UndefVarError, called) = haskey(MOVED, e.var) ? "; write $(MOVED[e.var])" : ""
