"""
    Faults

Lists the faults that may be planted in a tagger file. Each is an edit of its syntax tree in the
form that `XCheck.load` takes; nothing is planted here, and nothing is judged. `XCheck.jl` has to be
included before.
"""
module Faults

import ..XCheck
using ..XCheck: SHAPE_ONLY, attempt, each_expression, iscall, replaced, stripped, symbols, text

export list

"An address in the syntax tree of a file and the code that is put there."
const Replacement = Pair{Vector{Int},Any}

"One fault: `old => new` shows the statement that changes; `appended` is code after the file."
struct Fault
    operator::String
    line::Int
    old::String
    new::String
    replacements::Vector{Replacement}
    appended::String
end

"A place where something is read, inside a function that the tagger runs."
struct Site
    node::Any
    address::Vector{Int}
    statement::Any
    at::Vector{Int}       # address of the statement
    line::Int
    name::Symbol          # of the function
    loops::Vector{Symbol} # the variables of the loops around it, outermost first
    quiet::Bool           # inside size(...), zeros(...): only its shape counts
    part::Bool            # the array or the index of a ref
end

"A function of the file."
struct Definition
    name::Symbol
    title::Vector{Int} # address of its name
    arguments::Vector{Symbol}
    body::Any
    address::Vector{Int} # of the body
end

include("faults/walk.jl")
include("faults/shapes.jl")
include("faults/operators.jl")
include("faults/named.jl")
include("faults/wrappers.jl")

"""
    list(path, form, parameters, row_parameters, values, words, tags, h_prev, sizes)
        -> ((faults, skipped), "") or (nothing, problem)

All faults for the file at `path`, which is called as `form` says (see `XCheck.load`), each `(operator, line, old, new, replacements, appended)` with
replacements as `XCheck.load` takes them, and what did not apply, each `(name, why)`. The gradients
of `row_parameters` have a row for each word. The rest is one small case as `XCheck.examine` takes
it; it is run once, to learn the shapes of what is read.
"""
list(path, form, parameters, row_parameters, case...) = attempt(path) do
    adapter = XCheck.adapter(parameters, form)
    names = Symbol.(collect(parameters))
    rows = Symbol.(collect(row_parameters))
    expressions = parsed(path)
    roots = [adapter.forward.name, adapter.backward.name]
    found = reached(definitions(expressions), roots)
    places = reduce(vcat, sites.(found); init = Site[])
    shapes = shapes_of(places, path, adapter, parameters, case)
    scope = Scope(found, places, shapes, names, rows, adapter)
    general = distinct(reduce(vcat, (operator(scope) for operator in OPERATORS); init = Fault[]))
    special, skipped = named(scope, general)
    wrapped, not_wrapped = wrappers(scope)
    # A named fault that an operator yields too is listed once, under its name.
    faults = distinct([special; general; wrapped])
    return map(plain, filter(printable, faults)), [skipped; not_wrapped]
end

"What the operators go by."
struct Scope
    definitions::Vector{Definition}
    sites::Vector{Site}
    shapes::Dict{Tuple{Symbol,String},Any} # by function and text of what is read
    parameters::Vector{Symbol}
    rows::Vector{Symbol}
    adapter::Any # how the file is called
end

sites_in(scope, name) = filter(site -> site.name == name, scope.sites)
shape(scope, site) = get(scope.shapes, (site.name, text(site.node)), nothing)

"The top-level expressions of a file; none of them is evaluated."
function parsed(path)
    found = Any[]
    each_expression(Module(:Parsed), abspath(String(path))) do expression, _
        push!(found, expression)
        nothing
    end
    return found
end

"The fault that puts `new` in the place of a site."
function fault(site::Site, operator, new)
    statement = replaced(site.statement, site.address[length(site.at)+1:end], new)
    return Fault(
        operator, site.line, text(site.statement), text(statement), [site.address => new], "",
    )
end

"Of faults that come to the same code, the first."
distinct(faults) = unique(f -> (f.line, f.old, f.new, f.appended), filter(f -> f.old != f.new, faults))

"Whether the code of a fault, printed and parsed again, is what it was."
printable(fault) = all(fault.replacements) do (_, code)
    stripped(Meta.parse(string(stripped(code)); raise = false)) == stripped(code)
end

plain(f) = (
    f.operator, f.line, f.old, f.new,
    [(join(address, " "), string(stripped(code))) for (address, code) in f.replacements],
    f.appended,
)

end
