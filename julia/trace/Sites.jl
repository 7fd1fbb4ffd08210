# The places in a statement where something else could be written, and what else there is to write.

"A part of a statement that has a value: where it is, and the value in the first trial."
struct Site
    address::Vector{Int} # from the statement
    node::Any
    value::Any           # nothing: not known
    shape::Union{Nothing,Vector{Int}} # of the value; empty of a number, nothing of anything else
    index::Int           # 1: it is an index; 2: a part of one; 0: neither
    top::Bool            # it is a whole right-hand side, range or condition
end

"Something that could be read: a variable, an entry of one, or an expression of the function."
struct Item
    node::Any
    shape::Vector{Int}
    isbool::Bool
    cost::Int
end

"Where a search takes place."
struct Setting
    statement::Any
    loops::Vector{Symbol} # variables of the loops around, outermost first
    bench::Bench
    known::Bool           # whether there are values
    sites::Vector{Site}
    items::Vector{Item}
    functions::Vector{Symbol} # of the file, those of one argument
    parameters::Vector{Symbol}
    made::Vector{Symbol}      # what the function assigns
end

"All sites of a statement, in the order of the text."
function sites_of(bench, statement, known)
    found = Site[]
    visit!(found, bench, statement, Int[], 0, true, known)
    return found
end

const HOLDERS = [:local, :global, :const, :return]

function visit!(found, bench, @nospecialize(node), at, index, top, known)
    node isa LineNumberNode && return
    node isa QuoteNode && return
    node isa Symbol && !isname(node) && return
    if node isa Expr
        head = node.head
        if head in HOLDERS || (head == :macrocall && (transparent(node) || ismacro(node, DOTS)))
            last = length(node.args)
            last == 0 || visit!(found, bench, node.args[last], below(at, last), index, top, known)
            return
        elseif is_assignment(node)
            visit_indices!(found, bench, node.args[1], below(at, 1), known)
            visit!(found, bench, node.args[2], below(at, 2), 0, true, known)
            return
        elseif head in SEQUENCES
            for (i, part) in enumerate(node.args)
                visit!(found, bench, part, below(at, i), 0, false, known)
            end
            return
        elseif head == :kw
            visit!(found, bench, node.args[2], below(at, 2), index, false, known)
            return
        elseif head == :quote || head == :macrocall || head == :curly
            return
        end
    end
    value = known && !effects(node) ? value_or_nothing(bench, node) : nothing
    # Of a list the entries are of interest, and not what could be made of the whole.
    islist(value) || push!(found, Site(at, node, value, shape_of(value), index, top))
    node isa Expr && visit_parts!(found, bench, node, at, index, known)
    return
end

function visit_parts!(found, bench, node, at, index, known)
    head = node.head
    head == :(.) && isfield(node) && return
    first = head in CALLING ? 2 : head in TYPED ? 2 : 1
    for i in first:length(node.args)
        part = node.args[i]
        head == :comparison && iseven(i) && continue
        head == :(::) && i == 2 && continue
        head == :(->) && i == 1 && continue
        if head == :generator && i > 1
            ishead(part, :(=)) || continue
            visit!(found, bench, part.args[2], below(below(at, i), 2), index, false, known)
        elseif head == :(.) && ishead(part, :tuple)
            for (j, argument) in enumerate(part.args)
                visit!(found, bench, argument, below(below(at, i), j), index, false, known)
            end
        elseif head == :parameters || head == :tuple && ishead(part, :(=))
            ishead(part, :kw) || ishead(part, :(=)) || continue
            visit!(found, bench, part.args[2], below(below(at, i), 2), index, false, known)
        else
            inner = head == :ref && i > 1 ? 1 : index > 0 ? 2 : 0
            visit!(found, bench, part, below(at, i), inner, false, known)
        end
    end
end

const CALLING = [:call, :(.)]

"Of a target such as h[time], the index."
function visit_indices!(found, bench, @nospecialize(node), at, known)
    node isa Expr || return
    for (i, part) in enumerate(node.args)
        if node.head == :ref && i > 1
            visit!(found, bench, part, below(at, i), 1, false, known)
        else
            visit_indices!(found, bench, part, below(at, i), known)
        end
    end
end

function value_or_nothing(bench, @nospecialize(node))
    try
        return value_of(bench, node)
    catch
        return nothing
    end
end

"The shape of a number or an array of numbers; nothing of anything else."
function shape_of(@nospecialize(value))
    value isa Number && return Int[]
    value isa AbstractArray && eltype(value) <: Number || return nothing
    return Int[size(value, i) for i in 1:ndims(value)]
end

islist(@nospecialize(value)) =
    value isa AbstractArray && ndims(value) == 1 && !(eltype(value) <: Number)

isentry(@nospecialize(node)) = ishead(node, :ref) || isfield(node)

# What else there is -----------------------------------------------------------------------------

"""
Everything with a number or an array of numbers for a value: the variables, the entries of lists at
this step and its neighbours, and the expressions of the function.
"""
function items_of(bench, routine, statement, loops, parameters)
    found, seen = Item[], Set{UInt}()
    names = Symbol[]
    symbols_by_nearness!(names, statement)
    routine === nothing || symbols_by_nearness!(names, routine.body)
    append!(names, sort!(collect(keys(bench.variables))))
    append!(names, parameters)
    counters = counters_in(bench, routine, loops)
    names = filter(n -> haskey(bench.variables, n) || n in parameters, unique(names))
    for name in names
        value = get(bench.variables, name, nothing)
        if islist(value)
            for index in entry_indices(counters)
                add_item!(found, seen, bench, Expr(:ref, name, index), 1)
            end
        elseif !startswith(string(name), "#")
            add_item!(found, seen, bench, name, 0)
        end
    end
    routine === nothing || earlier_entries!(found, seen, bench, routine, counters)
    if routine !== nothing
        for fragment in fragments!(Any[], routine.body)
            add_item!(found, seen, bench, fragment, isentry(fragment) ? 1 : 2)
            ishead(fragment, :ref) && for i in 2:length(fragment.args)
                mentions(fragment.args[i], counters) || continue
                for n in (-1, 1) # the neighbours of H[t, :]
                    add_item!(found, seen, bench, with(fragment, i, plus(fragment.args[i], n)), 1)
                end
            end
        end
    end
    return found
end

"Whether an expression is not among those seen; it is afterwards."
function is_new!(seen, @nospecialize(node))
    mark = mark_of(node, UInt(0))
    mark in seen && return false
    push!(seen, mark)
    return true
end

"A hash of an expression. That of Julia is slow on arrays of parts."
function mark_of(@nospecialize(node), mark)
    node isa Symbol && return hash(objectid(node), mark)
    node isa Expr || return objectid(node) + 3mark
    mark = hash(objectid(node.head), mark)
    for part in node.args
        mark = mark_of(part, mark)
    end
    return hash(length(node.args), mark)
end

function add_item!(found, seen, bench, @nospecialize(node), cost)
    is_new!(seen, node) || return
    value = value_or_nothing(bench, node)
    shape = shape_of(value)
    shape === nothing || push!(found, Item(node, shape, value isa Bool, cost))
    return
end

function symbols_by_nearness!(found, @nospecialize(node))
    append!(found, filter(isname, symbols(node)))
end

"""
The entry of the step before, with an argument in its place at the first step: what a recurrence
reads, `t == 1 ? hPrev : h[t-1]`.
"""
function earlier_entries!(found, seen, bench, routine, counters)
    for list in routine.arguments, first in routine.arguments, t in counters
        entries, value = get(bench.variables, list, nothing), get(bench.variables, first, nothing)
        islist(entries) && value isa AbstractArray && !islist(value) || continue
        fits = !isempty(entries) && isassigned(entries, 1) &&
            shape_of(entries[1]) == shape_of(value)
        node = Expr(:if, op(:(==), t, 1), first, Expr(:ref, list, op(:-, t, 1)))
        fits && add_item!(found, seen, bench, node, 1)
    end
end

"Variables that count: those of loops, and those that indices are made of."
function counters_in(bench, routine, loops)
    used = routine === nothing ? Symbol[] : indices_in!(Symbol[], routine.body)
    return filter(unique([used; loops])) do name
        value = get(bench.variables, name, nothing)
        value isa Integer && !(value isa Bool)
    end
end

function entry_indices(counters)
    found = Any[]
    for loop in reverse(counters)
        append!(found, Any[loop, :($loop - 1), :($loop + 1)])
    end
    return append!(found, Any[1, :end])
end

"The expressions of a function that could stand elsewhere in it, the smaller ones."
function fragments!(found, @nospecialize(node))
    node isa Expr || return found
    head = node.head
    for part in node.args
        fragments!(found, part)
    end
    fits = head == :ref || head == QUOTE_MARK || head == :if || head == :call ||
        (head == :(.) && !isfield(node))
    head in CALLING && node.args[1] in QUIET && (fits = false) # zeros(...), say
    fits && length(found) < FRAGMENTS && length(symbols(node)) <= 8 && !has_statements(node) &&
        !effects(node) && push!(found, stripped(node))
    return found
end

const FRAGMENTS = 300

"Whether an expression may change something, going by the names of what it calls."
function effects(@nospecialize(node))
    node isa Expr || return false
    head = node.head
    head in CLOSED && return true
    head == :macrocall && return true
    head in CALLING && node.args[1] isa Symbol && endswith(string(node.args[1]), "!") &&
        node.args[1] != :! && return true
    head == :call && node.args[1] in PRINTING && return true
    for part in node.args
        effects(part) && return true
    end
    return false
end

const PRINTING = [:println, :print, :error, :throw, :exit, :rand, :randn, :include, :eval, :sleep]
