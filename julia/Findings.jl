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
    file = abspath(String(path))
    try
        return (f(), "")
    catch e
        e isa InterruptException && rethrow()
        e isa Finding && return (nothing, e.text)
        e isa LoadError && return (nothing, load_problem(e))
        return (nothing, string(place(catch_backtrace(), file), ": ", first_line(e)))
    end
end

"Where and why a file could not be loaded; the innermost file where one includes another."
function load_problem(e)
    e.error isa LoadError && return load_problem(e.error)
    text = sprint(showerror, e.error)
    # From Julia 1.10 on a syntax error is a drawing of several lines.
    drawn = match(r"Error @ (.*):(\d+):\d+\n(?:.|\n)*── (.*)", text)
    drawn === nothing && return "$(e.file):$(e.line): $(first_line(e.error))"
    return "$(drawn[1]):$(drawn[2]): syntax: $(drawn[3])"
end

"Julia's message without the hints in the lines below it."
first_line(e) = first(split(sprint(showerror, e), '\n'))

"`file:line` of the innermost frame in `file`; `file` alone where there is none."
function place(backtrace, file)
    # Frames are looked up one by one from the inside and no further than needed: looking up those
    # of the Python executable makes Julia 1.5's LLVM print "error: decoding address ranges".
    for pointer in backtrace, frame in StackTraces.lookup(pointer)
        abspath(string(frame.file)) == file && return "$file:$(frame.line)"
    end
    return file
end
