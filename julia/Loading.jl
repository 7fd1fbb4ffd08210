# A tagger file, or an edited copy of it, in a module of its own. Included by XCheck.jl.

"""
A tagger file, evaluated; `mod` is the module that its functions are in. `set[word](value)` assigns
the global that a parameter is in the file, or another word of the adapter; `held` are the
parameters as the file has them.
"""
struct Tagger
    path::String
    mod::Module
    set::Dict{Symbol,Function}
    adapter::Adapter
    held::Dict{Symbol,Any}
end

"""
    load(path, parameters, replacements = (), appended = "", form = nothing)
        -> (Tagger, "") or (nothing, problem)

Evaluate the file at `path` in a new module, so that a second load never meets the first, and check
that it defines the two functions. `parameters` names the gradients that the second one returns.
`form` are the arguments of `adapter_of`; without it the file is of the form of the question.

`replacements` edits what is evaluated, never the file: pairs of an address in the syntax tree and
the code that takes the place of what is there. An address such as "3 2 5" is the fifth argument of
the second argument of the third expression of the file. `appended` is code that comes after it all.
"""
load(path, parameters, replacements = (), appended = "", form = nothing) = attempt(path) do
    edits = Edits([
        (parse.(Int, split(String(address))), Meta.parse(String(code)))
        for (address, code) in replacements
    ])
    evaluate(edits, String(path), adapter(parameters, form)::Adapter, parameters, String(appended))
end

"Addresses in the syntax tree of a file, and what is put there."
struct Edits <: Function
    list::Vector{Tuple{Vector{Int},Any}}
end

function (edits::Edits)(expression, number)
    for (address, code) in edits.list
        address[1] == number || continue
        expression = replaced(expression, address[2:end], code)
    end
    return expression
end

adapter(parameters, form) = form === nothing ? contract(parameters) : adapter_of(form...)

"""
    evaluate(edit, path, adapter, parameters, appended = "") -> Tagger

What `load` does, each top-level expression of the file being `edit(expression, its number)`. Those
of `appended` are numbered on.
"""
function evaluate(edit, path, adapter, parameters, appended = "")
    file = abspath(String(path))
    mod = Module(:Tagger)
    # A module made by hand lacks these two, which every file may call.
    Core.eval(mod, :(include(file) = Base.include($mod, file)))
    Core.eval(mod, :(include(change, file) = Base.include(change, $mod, file)))
    Core.eval(mod, :(eval(expression) = Core.eval($mod, expression)))
    mentioned = Set{Symbol}()
    each_expression(mod, file, appended) do expression, number
        adapter.is_own || union!(mentioned, symbols(expression))
        prepared(adapter, edit(expression, number))
    end
    mod = within(mod, adapter, file)
    for call in (adapter.forward, adapter.backward)
        arguments = adapter.is_own ? "(x, y, h, p, hPrev)" : ""
        is_there(mod, call.name) ||
            throw(Finding("$file: defines no function $(call.name)$arguments"))
    end
    # An assignment inside a function of the module is the one form that Julia 1.5 (no
    # setproperty! on modules) and 1.12 (no assignment from outside) have in common.
    setters = Dict{Symbol,Function}()
    for (word, name) in adapter.globals # no pairs: one would be compiled for each setter
        adapter.is_own || name in mentioned || :include in mentioned ||
            throw(Finding("$file: no code in it has a global $name, which $word is to be set to"))
        setters[word] = Core.eval(mod, :(value -> (global $name = value; nothing)))
    end
    held = Dict{Symbol,Any}(Symbol(String(name)) => nothing for name in parameters)
    return Tagger(file, mod, setters, adapter, held)
end

# Julia 1.12: what was just evaluated is visible in the latest world only.
is_there(mod, name) = Base.invokelatest(isdefined, mod, name)

"The module of the functions, inside of the one that the file was evaluated in."
function within(mod, adapter, file)
    for name in adapter.within
        inner = is_there(mod, name) ? Base.invokelatest(getfield, mod, name) : nothing
        inner isa Module || throw(Finding("$file: has no module $(join(adapter.within, '.'))"))
        mod = inner
    end
    return mod
end

"""
Evaluate, in `mod`, `f(expression, number)` of every top-level expression of a file and then of the
code appended to it, from 1.
"""
function each_expression(f, mod, file, appended = "")
    number = 0
    function numbered(expression)
        expression isa LineNumberNode && return expression # Julia 1.5 hands these over as well
        number += 1
        return f(expression, number)
    end
    Base.include(numbered, mod, file)
    isempty(appended) || Base.include_string(numbered, mod, appended, file)
    return
end

"`expression` with what is at `address` replaced; the expression handed over stays as it is."
function replaced(expression, address, new)
    isempty(address) && return new
    arguments = copy(expression.args)
    arguments[address[1]] = replaced(arguments[address[1]], address[2:end], new)
    return Expr(expression.head, arguments...)
end
