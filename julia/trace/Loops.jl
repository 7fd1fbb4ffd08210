# Loops, and functions that are called for each entry of a collection: what counts the time steps.

function for_loop(walk, node, at, a)
    several = ishead(node.args[1], :block)
    headers = several ? node.args[1].args : Any[node.args[1]]
    new, inner, variables = Expr(:block), a, Symbol[]
    for (i, header) in enumerate(headers)
        where_to = below(several ? below(below(at, 1), i) : below(at, 1), 2)
        mine = targets(header.args[1])
        code = expression(walk, header.args[2], where_to, inner)
        k = note(walk, header.args[2], where_to, inner, "loop", map(string, mine))
        push!(new.args, Expr(:(=), header.args[1], code))
        append!(variables, mine)
        inner = knowing(under(inner, k), Names([inner.names.known; mine], inner.names.times))
    end
    header = several ? new : new.args[1]
    a.step === nothing ||
        return Expr(:for, header, statement(walk, node.args[2], below(at, 2), inner, false, false))
    turn, step = gensym("turn"), gensym("step")
    counter = counting(node.args[2], variables)
    first = isempty(variables) ? nothing : variables[1]
    inner = counter === nothing ?
        stepping(inner, Names(inner.names.known, variables[1:min(1, end)]), step) :
        stepping(inner, Names(inner.names.known, [counter]), step_code(counter, turn, inner))
    body = statement(walk, node.args[2], below(at, 2), inner, false, false)
    begins = Any[
        Expr(:(=), turn, Expr(:call, next, turn)),
        Expr(:(=), step, Expr(:call, step_of, first, turn)),
    ]
    return Expr(:block, Expr(:(=), turn, -1), Expr(:for, header, led_by(begins, body)))
end

step_code(counter, turn, a) =
    Expr(:call, step_of, counter === nothing ? nothing : guarded(counter, a.names), turn)

"""
The variable that counts the steps where the loop variable is only there to reckon it from, as in
`for k in 1:T; t = T - k + 1; ... h[t]`.
"""
function counting(body, variables)
    isempty(variables) && return nothing
    used = indices_in!(Symbol[], body)
    variables[1] in used && return nothing
    for part in body.args
        ishead(part, :(=)) && part.args[1] in used || continue
        calls(part.args[2], ARITHMETIC) && mentions(part.args[2], variables[1:1]) &&
            return part.args[1]
    end
    return nothing
end

"All symbols in the indices of an expression."
function indices_in!(found, @nospecialize(node))
    node isa Expr || return found
    for (i, part) in enumerate(node.args)
        node.head == :ref && i > 1 ? append!(found, symbols(part)) : indices_in!(found, part)
    end
    return found
end

function while_loop(walk, node, at, a)
    k = note(walk, node.args[1], below(at, 1), a, "loop")
    condition = expression(walk, node.args[1], below(at, 1), a)
    inner = under(a, k)
    if a.step !== nothing
        body = statement(walk, node.args[2], below(at, 2), inner, false, false)
        return Expr(:while, condition, body)
    end
    turn = gensym("turn")
    # The variable that the condition is about, if the loop changes it and uses it as an index.
    used, changed, counter = indices_in!(Symbol[], node.args[2]), assigned(node.args[2]), nothing
    for symbol in symbols(node.args[1])
        counter === nothing && symbol in used && symbol in changed && (counter = symbol)
    end
    names = Names(inner.names.known, counter === nothing ? Symbol[] : [counter])
    inner = stepping(inner, names, step_code(counter, turn, inner))
    body = statement(walk, node.args[2], below(at, 2), inner, false, false)
    begins = Any[Expr(:(=), turn, Expr(:call, next, turn))]
    return Expr(:block, Expr(:(=), turn, -1), Expr(:while, condition, led_by(begins, body)))
end

"Functions that call a closure for each entry of a collection."
const ITERATING = [
    :foreach, :map, :map!, :mapreduce, :foldl, :foldr, :reduce, :accumulate, :sum, :ntuple,
]

"Whether a call runs a closure over a collection as a loop does: foreach(t -> (h[t] = ...), 1:T)."
iterates(node) = calls(node, ITERATING) && length(node.args) >= 3 &&
    ishead(node.args[2], :->) && has_statements(node.args[2].args[2])

function iteration(walk, node, at, a)
    given = node.head == :do ? node.args[1] : node
    given_at = node.head == :do ? below(at, 1) : at
    if node.head == :do && !(calls(given, ITERATING) && length(given.args) >= 2)
        closure = nested(walk, node.args[2], below(at, 2), a)
        return Expr(:do, expression(walk, given, given_at, a), closure)
    end
    collection = node.head == :do ? 2 : 3
    closure, turn = turning(
        walk, node.args[2], below(at, 2), given.args[collection], below(given_at, collection), a,
    )
    new = Expr(:call, given.args[1])
    for i in 2:length(given.args)
        is_closure = node.head != :do && i == 2
        part = is_closure ? closure : expression(walk, given.args[i], below(given_at, i), a)
        push!(new.args, part)
    end
    code = node.head == :do ? Expr(:do, new, closure) : new
    return turn === nothing ? code : Expr(:block, Expr(:(=), turn, Expr(:call, Ref, -1)), code)
end

"""
A closure that is run for each entry of a collection, and the variable that counts its calls. It
belongs to the activation around it, as the body of a loop does.
"""
function turning(walk, closure, at, @nospecialize(collection), collection_at, a)
    routine = closure_of(closure, at)
    k = note(walk, collection, collection_at, a, "loop", map(string, routine.arguments))
    fresh = a.step === nothing
    turn, step = gensym("turn"), gensym("step")
    known = setdiff(union(a.names.known, routine.arguments), declared(closure.args[2]))
    here = Around(
        a.name, Symbol[], Names(known, fresh ? routine.arguments : a.names.times),
        below(a.within, k), a.inside, a.activation, fresh ? step : a.step, false,
    )
    body = statement(walk, closure.args[2], below(at, 2), here, true, false)
    fresh || return Expr(:->, closure.args[1], body), nothing
    counted = Expr(:call, step_of_turn, turn)
    append!(counted.args, routine.arguments)
    return Expr(:->, closure.args[1], led_by(Any[Expr(:(=), step, counted)], body)), turn
end
