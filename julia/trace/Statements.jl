# Walks the functions of a tagger, lists their statements, and puts the records around them.

"A statement, where it is, and what it reads and writes."
struct Statement
    address::Vector{Int}
    name::String # of the function
    line::Int
    text::String
    kind::String
    targets::Vector{String}
    within::Vector{Int}
    inside::Int # the statement that is not over while this one runs; 0: none
    reads::Vector{Place}
    writes::Vector{Place}
    how::Symbol # what is written: :as_is, :unset, :changed, or what a :result is
end

"What is known of the place where a walk has come to."
struct Around
    name::Symbol
    arguments::Vector{Symbol}
    names::Names
    within::Vector{Int}
    inside::Int
    activation::Symbol
    step::Any # code for the step of the outermost loop; nothing outside of loops
    returns::Bool # whether `return` leaves the function
end

around(a, names, within, inside, step) =
    Around(a.name, a.arguments, names, within, inside, a.activation, step, a.returns)
inside(a, k) = around(a, a.names, a.within, k, a.step)
under(a, k) = around(a, a.names, below(a.within, k), a.inside, a.step)
knowing(a, names) = around(a, names, a.within, a.inside, a.step)
stepping(a, names, step) = around(a, names, a.within, a.inside, step)

"A walk: the statements found, and the line that it has come to."
mutable struct Walk
    tape::Any
    scoped::Set{Vector{Int}} # addresses of the statements that come with all local variables
    statements::Vector{Statement}
    line::Int
    lines::Vector{String} # of the text that the line is one of
end

"""
A statement with records in it. `used`: its value is; `tail`: it is what the function returns.
"""
function statement(walk, @nospecialize(node), at, a, used, tail)
    if node isa LineNumberNode
        walk.line = node.line
        return node
    end
    node isa Expr || return tail && node !== :nothing && node !== nothing ?
        returning(walk, node, node, at, a, false) : node
    head = node.head
    if head == :block
        return block(walk, node, at, a, used, tail)
    elseif (head == :if || head == :elseif) && (!tail || has_statements(node))
        return branches(walk, node, at, a, used, tail)
    elseif head in SHORT && (!tail || has_statements(node.args[2]))
        k = note(walk, node.args[1], below(at, 1), a, "condition")
        first = expression(walk, node.args[1], below(at, 1), a)
        second = statement(walk, node.args[2], below(at, 2), under(a, k), used, tail)
        return Expr(head, first, second)
    elseif head == :for
        return for_loop(walk, node, at, a)
    elseif head == :while
        return while_loop(walk, node, at, a)
    elseif head == :let
        return let_block(walk, node, at, a, used, tail)
    elseif head == :try
        return try_block(walk, node, at, a, used, tail)
    elseif head == :return
        return returning(walk, node, node.args[1], at, a, true)
    elseif head == :local || head == :global || head == :const
        declares = length(node.args) == 1 && is_assignment(node.args[1])
        return declares && head != :const ? assignment(walk, node, at, a, used) : node
    elseif is_assignment(node) || (ismacro(node, DOTS) && is_assignment(node.args[end]))
        return assignment(walk, node, at, a, used)
    elseif transparent(node)
        last = length(node.args)
        inner = statement(walk, node.args[last], below(at, last), a, used, tail)
        return replaced(node, [last], inner)
    elseif routine_of(node, at) !== nothing
        return nested(walk, node, at, a)
    elseif head == :do || iterates(node)
        return expression(walk, node, at, a)
    elseif (head == :call || head == :(.)) && (!used || acts(node)) && !isfield(node)
        return call(walk, node, at, a, used)
    elseif tail && !has_statements(node) && !(head in NO_RESULTS)
        return returning(walk, node, node, at, a, false)
    end
    return expression(walk, node, at, a)
end

const SHORT = [:(&&), :(||)]
const NO_RESULTS = [:quote, :break, :continue]

is_assignment(@nospecialize(node)) = node isa Expr && length(node.args) == 2 && (
    node.head == :(.=) || updates(node.head) ||
    (node.head == :(=) && routine_of(node, Int[]) === nothing)
)

"Whether a call is made for what it does, going by its name."
acts(node) =
    node.head == :call && (node.args[1] in THROWING || endswith(string(node.args[1]), "!"))
const THROWING = [:error, :throw, :rethrow]

const CLOSED = [:quote, :->, :generator, :comprehension, :typed_comprehension]
const STATEMENTS = [:return, :for, :while, :let, :try, :do, :local, :function]

"Whether there are statements in an expression, other than in closures and comprehensions."
function has_statements(@nospecialize(node))
    node isa Expr && !(node.head in CLOSED) || return false
    node.head in STATEMENTS && return true
    is_assignment(node) && return true
    for part in node.args
        # In a named tuple `a = 1` is none.
        named = (node.head == :tuple || node.head == :parameters) && ishead(part, :(=))
        has_statements(named ? part.args[2] : part) && return true
    end
    return false
end

function block(walk, node, at, a, used, tail)
    last = length(node.args)
    while last > 0 && node.args[last] isa LineNumberNode
        last -= 1
    end
    new = Expr(:block)
    for i in eachindex(node.args)
        ends = i == last
        push!(new.args, statement(walk, node.args[i], below(at, i), a, used && ends, tail && ends))
    end
    return new
end

function branches(walk, node, at, a, used, tail)
    condition, where_to = node.args[1], below(at, 1)
    lines = Any[]
    if ishead(condition, :block) # of an elseif
        while length(lines) + 1 < length(condition.args) &&
            condition.args[length(lines)+1] isa LineNumberNode
            push!(lines, condition.args[length(lines)+1])
        end
        if length(lines) + 1 == length(condition.args)
            isempty(lines) || (walk.line = lines[end].line)
            condition, where_to = condition.args[end], below(where_to, length(condition.args))
        end
    end
    k = note(walk, condition, where_to, a, "condition")
    new = Expr(node.head, led_by(lines, expression(walk, condition, where_to, a)))
    for i in 2:length(node.args)
        push!(new.args, statement(walk, node.args[i], below(at, i), under(a, k), used, tail))
    end
    return new
end

function try_block(walk, node, at, a, used, tail)
    new = Expr(:try)
    for (i, part) in enumerate(node.args)
        ends = tail && i != 4 # which is `finally`
        is_code = ishead(part, :block)
        push!(new.args, is_code ? block(walk, part, below(at, i), a, used, ends) : part)
    end
    return new
end

function let_block(walk, node, at, a, used, tail)
    single = !ishead(node.args[1], :block)
    bindings = single ? Any[node.args[1]] : node.args[1].args
    new, hidden = Expr(:block), Symbol[]
    for (i, binding) in enumerate(bindings)
        where_to = single ? below(at, 1) : below(below(at, 1), i)
        targets!(hidden, binding isa Expr ? binding.args[1] : binding)
        if is_assignment(binding) && binding.head == :(=)
            push!(new.args, Expr(:(=), binding.args[1], bound(walk, binding, where_to, a)))
        else
            push!(new.args, binding)
        end
    end
    # A binding may hide a variable that was there for sure.
    inner = knowing(a, Names(setdiff(a.names.known, hidden), a.names.times))
    body = statement(walk, node.args[2], below(at, 2), inner, used, tail)
    return Expr(:let, single ? new.args[1] : new, body)
end

# Expressions ----------------------------------------------------------------------------------

"An expression with records around the statements in it."
function expression(walk, @nospecialize(node), at, a)
    node isa Expr || return node
    head = node.head
    if head in UNTOUCHED
        return node
    elseif head in SEQUENCES || head == :return || head == :if && has_statements(node)
        return statement(walk, node, at, a, true, false)
    elseif head == :do || iterates(node)
        return iteration(walk, node, at, a)
    elseif head == :function || routine_of(node, at) !== nothing
        return nested(walk, node, at, a)
    elseif head == :(->)
        return has_statements(node.args[2]) ? nested(walk, node, at, a) : node
    elseif is_assignment(node)
        return assignment(walk, node, at, a, true)
    elseif head == :macrocall
        last = length(node.args)
        transparent(node) || return node
        return replaced(node, [last], expression(walk, node.args[last], below(at, last), a))
    end
    new = Expr(head)
    for (i, part) in enumerate(node.args)
        if ishead(part, :kw) || (ishead(part, :(=)) && (head == :tuple || head == :parameters))
            inner = expression(walk, part.args[2], below(below(at, i), 2), a)
            push!(new.args, Expr(part.head, part.args[1], inner))
        else
            push!(new.args, expression(walk, part, below(at, i), a))
        end
    end
    return new
end

const UNTOUCHED = [:quote, :inert, :generator, :comprehension, :typed_comprehension, :flatten]

"A function inside of a function: its own activation, and the step of the loop around it."
function nested(walk, node, at, a)
    routine = node.head == :(->) ? closure_of(node, at) : routine_of(node, at)
    routine === nothing && return node
    if routine.name == Symbol("")
        routine = Routine(a.name, routine.arguments, routine.body, routine.address)
    end
    return Expr(node.head, node.args[1], instrumented(walk, routine, a.step))
end

function closure_of(node, at)
    arguments = ishead(node.args[1], :tuple) ? node.args[1].args : Any[node.args[1]]
    return Routine(Symbol(""), argument_names(arguments, 1), node.args[2], below(at, 2))
end
