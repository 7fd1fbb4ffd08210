# What a piece of code reads and writes: variables, and single entries of them.

"""
A variable, or an entry of it: the expressions that are evaluated to look at it.

`form` is `:whole` (one expression, the variable), `:entry` (the variable, and the index) or
`:slice` (the same; the index counts along `axis`, of all other axes everything).
"""
struct Place
    name::String
    form::Symbol
    axis::Int
    values::Vector{Any}
end

same(a::Place, b::Place) = a.name == b.name && a.form == b.form && a.values == b.values

"The variables that are there for sure, and those that count the steps of the outermost loop."
struct Names
    known::Vector{Symbol}
    times::Vector{Symbol}
end

"Functions of which only the shape of the arguments counts. What `fill` fills in counts."
const QUIET = [
    :eachindex, :lastindex, :firstindex, :ndims, :typeof, :keys, :typemax, :typemin, :eps, :nameof,
]
for name in SHAPE_ONLY
    name == :fill || push!(QUIET, name)
end

"Macros that leave the meaning of what they stand before."
const TRANSPARENT = [
    Symbol("@inbounds"), Symbol("@views"), Symbol("@inline"), Symbol("@noinline"),
    Symbol("@propagate_inbounds"),
]
const DOTS = Symbol("@__dot__")
const VIEW = Symbol("@view")

"Assignments that update, with the operator that is in them."
const UPDATING = Dict{Symbol,Symbol}()
for operator in ("+", "-", "*", "/", "\\", "//", "^", "÷", "%", "<<", ">>", ">>>", "|", "&", "⊻")
    UPDATING[Symbol(operator, "=")] = Symbol(operator)
    UPDATING[Symbol(".", operator, "=")] = Symbol(".", operator)
end
updates(head) = haskey(UPDATING, head)

ismacro(@nospecialize(node), name) = ishead(node, :macrocall) && node.args[1] == name
ishead(@nospecialize(node), head) = node isa Expr && node.head == head
calls(@nospecialize(node), names) = ishead(node, :call) && node.args[1] in names

isfield(@nospecialize(node)) =
    ishead(node, :.) && length(node.args) == 2 && node.args[2] isa QuoteNode

"The address of a part."
below(at, i) = push!(copy(at), i)

"An expression of these parts."
function of_parts(head, parts)
    new = Expr(head)
    append!(new.args, parts)
    return new
end

"A read of a variable that may not be there yet."
guarded(name, names) =
    name in names.known ? name : Expr(:if, Expr(:isdefined, name), name, nothing)

const NO_NAMES = [:end, :begin, :(:), :nothing, :missing, :_]
isname(@nospecialize(node)) = node isa Symbol && !(node in NO_NAMES)

"The place that an expression names; nothing where it names none."
function place(@nospecialize(node), names)
    isname(node) && return Place(string(node), :whole, 0, Any[guarded(node, names)])
    node isa Expr || return nothing
    if isfield(node)
        of = place(node.args[1], names)
        of !== nothing && of.form == :whole || return nothing
        field = Expr(:call, field_of, of.values[1], node.args[2])
        return Place(string(of.name, ".", node.args[2].value), :whole, 0, Any[field])
    elseif node.head == :ref || calls(node, VIEWS)
        parts = node.head == :ref ? node.args : node.args[2:end]
        of = place(parts[1], names)
        of === nothing && return nothing
        of.form == :whole || return of # of h[t][j], the entry h[t]
        return entry(of, parts[2:end], names)
    elseif ismacro(node, VIEW)
        return place(node.args[end], names)
    elseif node.head in WRAPPING
        return place(node.args[1], names)
    elseif calls(node, RESHAPING)
        return length(node.args) > 1 ? place(node.args[2], names) : nothing
    end
    return nothing
end

const VIEWS = [:view, :getindex]
const WRAPPING = [:(::), Symbol("'"), :...]
const RESHAPING = [:vec, :reshape, :transpose, :adjoint, :selectdim]

"An entry of a variable, where one index says which; else the variable."
function entry(of, indices, names)
    axis = 0
    for (i, index) in enumerate(indices)
        # Of H[t, :] or H[t, j] the row t, if t counts the steps.
        length(indices) == 1 || mentions(index, names.times) || continue
        axis == 0 || return of
        axis = i
    end
    axis == 0 && return of
    index = harmless(indices[axis], of.values[1], axis, names)
    index === nothing && return of
    return Place(of.name, length(indices) == 1 ? :entry : :slice, axis, Any[of.values[1], index])
end

"Whether one of some variables occurs in an expression."
function mentions(@nospecialize(node), variables)
    node isa Symbol && return node in variables
    node isa Expr || return false
    for part in node.args
        mentions(part, variables) && return true
    end
    return false
end

const ARITHMETIC = [:+, :-, :*, :÷, :div, :fld, :mod, :mod1, :%, :rem, :max, :min]
const LENGTHS = [:length, :lastindex]

"An index as an expression that neither throws nor does anything else; nothing where there is none."
function harmless(@nospecialize(index), @nospecialize(array), axis, names)
    index isa Int && return index
    index === :end && return Expr(:call, last_of, array, axis)
    isname(index) && return guarded(index, names)
    if calls(index, ARITHMETIC)
        new = Expr(:call, whole_number, getfield(Base, index.args[1]))
        for i in 2:length(index.args)
            part = harmless(index.args[i], array, axis, names)
            part === nothing && return nothing
            push!(new.args, part)
        end
        return new
    elseif calls(index, LENGTHS) && length(index.args) == 2
        of = place(index.args[2], names)
        return of === nothing || of.form != :whole ? nothing : Expr(:call, last_of, of.values[1], 0)
    end
    return nothing
end

last_of(array, axis) = nothing
last_of(array::AbstractArray, axis) =
    axis == 0 || ndims(array) == 1 ? length(array) : size(array, axis)
last_of(array::Tuple, axis) = length(array)

function whole_number(f, numbers...)
    all(n -> n isa Integer, numbers) || return nothing
    f in (div, fld, mod, mod1, rem) && numbers[end] == 0 && return nothing
    return f(numbers...)
end

field_of(value, name) = hasproperty(value, name) ? getproperty(value, name) : nothing

"All places that an expression reads, each once, in the order of the text."
function reads(@nospecialize(node), names)
    found = Place[]
    reads!(found, node, names, Symbol[])
    return found
end

function add!(found, @nospecialize(place))
    place === nothing && return
    for other in found
        same(other, place) && return
    end
    push!(found, place)
    return
end

const SEQUENCES = [:block, :let, :for, :while, :try]
const TYPED = [:typed_comprehension, :typed_vcat, :typed_hcat]
const NO_READS = [:quote, :inert, :curly, :local, :global]

"`bound` are the variables of closures and comprehensions around, which are not read but made."
function reads!(found, @nospecialize(node), names, bound)
    if node isa Symbol
        isname(node) && !(node in bound) && add!(found, place(node, names))
        return
    end
    node isa Expr || return
    head, args = node.head, node.args
    if head == :ref || isfield(node)
        of = mentions(node, bound) ? nothing : place(node, names)
        of === nothing ? reads!(found, args[1], names, bound) : add!(found, of)
        reads_in!(found, args, 2, names, bound)
    elseif head == :call || head == :(.)
        args[1] in QUIET && return
        args[1] isa Symbol || reads!(found, args[1], names, bound)
        reads_in!(found, args, 2, names, bound)
    elseif head == :kw || head == :(=)
        left = args[1]
        head == :(=) && left isa Expr && reads_in!(found, left.args, 2, names, bound)
        reads!(found, args[2], names, bound)
    elseif head == :(->) || head == :function
        reads!(found, args[2], names, [bound; assigned(args[2]); symbols(args[1])])
    elseif head == :generator || head == :flatten
        inner = [bound; assigned(node)]
        reads_in!(found, args, 2, names, inner)
        reads!(found, args[1], names, inner)
    elseif head in SEQUENCES || head == :if && ishead(args[2], :block)
        reads_in!(found, args, 1, names, [bound; assigned(node)])
    elseif head == :comparison
        for i in 1:2:length(args)
            reads!(found, args[i], names, bound)
        end
    elseif head == :macrocall
        reads_in!(found, args, 3, names, bound)
    elseif head in TYPED
        reads_in!(found, args, 2, names, bound)
    elseif head == :(::)
        reads!(found, args[1], names, bound)
    elseif !(head in NO_READS)
        reads_in!(found, args, 1, names, bound)
    end
    return
end

function reads_in!(found, args, from, names, bound)
    for i in from:length(args)
        reads!(found, args[i], names, bound)
    end
end

"Every variable that something inside of an expression assigns, loop variables among them."
assigned(@nospecialize(node)) = assigned!(Symbol[], node)

function assigned!(found, @nospecialize(node))
    node isa Expr || return found
    (node.head == :(=) || updates(node.head)) && targets!(found, node.args[1])
    for part in node.args
        assigned!(found, part)
    end
    return found
end

const LEFTS = [:tuple, :(::), :..., :outer, :parameters]

"The variables that a left-hand side assigns; not those of which it changes an entry."
targets(@nospecialize(node)) = targets!(Symbol[], node)

function targets!(found, @nospecialize(node))
    node isa Symbol && push!(found, node)
    node isa Expr && node.head in LEFTS || return found
    for part in node.args
        targets!(found, part)
    end
    return found
end

"The single targets of a left-hand side: of (a, h[t]) both."
parts_of(@nospecialize(node)) = parts_of!(Any[], node)

function parts_of!(found, @nospecialize(node))
    if ishead(node, :tuple) || ishead(node, :parameters)
        for part in node.args
            parts_of!(found, part)
        end
    else
        push!(found, node)
    end
    return found
end
