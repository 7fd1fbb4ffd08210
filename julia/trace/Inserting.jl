# The records that are put around a statement, and the list that it is put on.

"Add a statement that needs no record to the list; its number."
note(walk, @nospecialize(node), at, a, kind, targets = String[]) =
    note(walk, node, at, a, kind, targets, Place[], Place[], :as_is)

"Add a statement to the list; its number."
function note(walk, @nospecialize(node), at, a, kind, targets, reads, writes, how)
    push!(walk.statements, Statement(
        at, string(a.name), walk.line, as_written(walk, node), kind, targets, a.within, a.inside,
        reads, writes, how,
    ))
    return length(walk.statements)
end

"A statement as it is written, where it has a line for itself; else printed in one line."
function as_written(walk, @nospecialize(node))
    line = 1 <= walk.line <= length(walk.lines) ? strip(walk.lines[walk.line]) : ""
    (isempty(line) || !(node isa Expr)) && return text(node)
    ends = Int[] # without the comment, if there is one
    for i in eachindex(line)
        line[i] == '#' && i > 1 && push!(ends, prevind(line, i))
    end
    push!(ends, lastindex(line))
    for i in ends
        shown = rstrip(rstrip(line[1:i]), ';')
        stripped(Meta.parse(shown; raise = false)) == stripped(node) && return String(shown)
    end
    return text(node)
end

function values_of(places)
    new = Expr(:tuple)
    for place in places
        append!(new.args, place.values)
    end
    return new
end

function before_call(walk, k, a)
    step = a.step === nothing ? NONE : a.step
    known = walk.statements[k]
    code = Expr(:call, before, a.activation, k, step, values_of(known.reads))
    known.address in walk.scoped && push!(code.args, Expr(:locals))
    return code
end

after_call(walk, k, a) =
    Expr(:call, after, a.activation, k, values_of(walk.statements[k].writes))

"`code` between the records of statement `k`; its value stays what it is, if it is used."
function recorded(walk, k, a, code, used)
    used || return Expr(:block, before_call(walk, k, a), code, after_call(walk, k, a))
    value = gensym("value")
    return Expr(
        :block, before_call(walk, k, a), Expr(:(=), value, code), after_call(walk, k, a), value,
    )
end

function assignment(walk, node, at, a, used)
    inner, inner_at = node, at
    while !is_assignment(inner) # but `local x = 1`, say
        inner_at = below(inner_at, length(inner.args))
        inner = inner.args[end]
    end
    parts = parts_of(inner.args[1])
    right, right_at = inner.args[2], below(inner_at, 2)
    while inner.head == :(=) && ishead(right, :(=)) && is_assignment(right)
        parts_of!(parts, right.args[1])
        right, right_at = right.args[2], below(right_at, 2)
    end
    found, writes, shown = reads(right, a.names), Place[], String[]
    for part in parts
        ishead(part, :ref) && reads_in!(found, part.args, 2, a.names, Symbol[])
        ishead(part, :call) && reads_in!(found, part.args, 3, a.names, Symbol[])
        updates(inner.head) && add!(found, place(part, a.names))
        add!(writes, place(part, a.names))
        push!(shown, text(part))
    end
    how = is_unset(right) ? :unset : :as_is
    k = note(walk, node, at, a, "assignment", shown, found, writes, how)
    new = expression(walk, right, right_at, inside(a, k))
    return recorded(walk, k, a, replaced(node, right_at[length(at)+1:end], new), used)
end

"Whether an array is made whose entries are whatever lay in memory."
is_unset(@nospecialize(node)) =
    ishead(node, :call) && (node.args[1] == :similar || :undef in node.args)

"The right-hand side of a `let`, which is recorded before the variable is there."
function bound(walk, binding, at, a)
    name, right = binding.args
    writes, shown = Place[], String[]
    name isa Symbol && add!(writes, place(name, a.names))
    for part in parts_of(name)
        push!(shown, text(part))
    end
    k = note(walk, binding, at, a, "assignment", shown, reads(right, a.names), writes, :as_is)
    new = expression(walk, right, below(at, 2), inside(a, k))
    value = gensym("value")
    wrote = isempty(writes) ? Expr(:tuple) : Expr(:tuple, value)
    return Expr(:block,
        before_call(walk, k, a), Expr(:(=), value, new),
        Expr(:call, after, a.activation, k, wrote), value,
    )
end

function call(walk, node, at, a, used)
    found, shown = reads(node, a.names), String[]
    for place in found
        place.name in shown || push!(shown, place.name)
    end
    k = note(walk, node, at, a, "call", shown, found, found, :changed)
    return recorded(walk, k, a, expression(walk, node, at, inside(a, k)), used)
end

function returning(walk, node, @nospecialize(value), at, a, leaves)
    found = returned(value, a.names)
    filled = Place[]
    for name in filled_by(walk.tape.adapter.forward, a) # is as good as returned
        add!(filled, place(name, a.names))
        add!(found, place(name, a.names))
    end
    k = note(walk, node, at, a, "return", String[], found, filled, a.returns ? :result : :inner)
    new = expression(walk, value, leaves ? below(at, 1) : at, inside(a, k))
    result = gensym("value")
    return Expr(:block,
        before_call(walk, k, a), Expr(:(=), result, new),
        Expr(:call, after_result, a.activation, k, result),
        leaves ? Expr(:return, result) : result,
    )
end

"What a function calls the h and p that it is handed to be filled."
function filled_by(call, a)
    found = Symbol[]
    a.name == call.name || return found
    for word in (:h, :p), (i, argument) in enumerate(call.arguments)
        argument.word == word || continue
        keyword = argument.keyword != XCheck.NOTHING
        keyword || i <= length(a.arguments) || continue
        push!(found, keyword ? argument.keyword : a.arguments[i])
    end
    return found
end

"One read for each element of what is returned, where all are plain; else all that it reads."
function returned(@nospecialize(value), names)
    found = Place[]
    elements = ishead(value, :tuple) ? value.args : Any[value]
    for element in elements
        plain = element isa Symbol || isfield(element) || ishead(element, :ref)
        of = plain ? place(element, names) : nothing
        of === nothing && return reads(value, names)
        push!(found, of)
    end
    return found
end
