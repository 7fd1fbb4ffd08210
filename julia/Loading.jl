# A tagger file, or an edited copy of it, in a module of its own. Included by XCheck.jl.

"A tagger file, evaluated in `mod`; `set[name](value)` assigns its global `name`."
struct Tagger
    path::String
    mod::Module
    set::Dict{Symbol,Function}
end

"""
    load(path, parameters, replacements = (), appended = "") -> (Tagger, "") or (nothing, problem)

Evaluate the file at `path` in a new module, so that a second load never meets the first, and check
that it defines `forwardRNN` and `backwardRNN`. `parameters` names the globals it works on.

`replacements` edits what is evaluated, never the file: pairs of an address in the syntax tree and
the code that takes the place of what is there. An address such as "3 2 5" is the fifth argument of
the second argument of the third expression of the file. `appended` is code that comes after it all.
"""
load(path, parameters, replacements = (), appended = "") = attempt(path) do
    edits = [
        (parse.(Int, split(String(address))), Meta.parse(String(code)))
        for (address, code) in replacements
    ]
    evaluate(path, parameters, String(appended)) do expression, number
        for (address, code) in edits
            address[1] == number || continue
            expression = replaced(expression, address[2:end], code)
        end
        expression
    end
end

"""
    evaluate(edit, path, parameters, appended = "") -> Tagger

What `load` does, each top-level expression of the file being `edit(expression, its number)`.
"""
function evaluate(edit, path, parameters, appended = "")
    file = abspath(String(path))
    mod = Module(:Tagger)
    # A module made by hand lacks these two, which every file may call.
    Core.eval(mod, :(include(file) = Base.include($mod, file)))
    Core.eval(mod, :(eval(expression) = Core.eval($mod, expression)))
    each_expression(edit, mod, file)
    isempty(appended) || Base.include_string(mod, appended, file)
    for name in (:forwardRNN, :backwardRNN)
        # Julia 1.12: what was just evaluated is visible in the latest world only.
        Base.invokelatest(isdefined, mod, name) ||
            throw(Finding("$file: defines no function $name(x, y, h, p, hPrev)"))
    end
    # An assignment inside a function of the module is the one form that Julia 1.5 (no
    # setproperty! on modules) and 1.12 (no assignment from outside) have in common.
    setters = Dict{Symbol,Function}(
        Symbol(name) => Core.eval(mod, :(value -> (global $(Symbol(name)) = value; nothing)))
        for name in parameters
    )
    return Tagger(file, mod, setters)
end

"Evaluate, in `mod`, `f(expression, number)` of every top-level expression of a file, from 1."
function each_expression(f, mod, file)
    number = 0
    Base.include(mod, file) do expression
        expression isa LineNumberNode && return expression # Julia 1.5 hands these over as well
        number += 1
        f(expression, number)
    end
end

"`expression` with what is at `address` replaced; the expression handed over stays as it is."
function replaced(expression, address, new)
    isempty(address) && return new
    arguments = copy(expression.args)
    arguments[address[1]] = replaced(arguments[address[1]], address[2:end], new)
    return Expr(expression.head, arguments...)
end
