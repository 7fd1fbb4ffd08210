# What an instrumented tagger writes down while it runs: events, and copies of what it touched.

"No time step; no value is -1."
const NONE = typemin(Int)

"Events of one statement that are kept; a statement run for each entry of a matrix has more."
const MOST = 20_000

"A statement that has begun and is not over."
struct Open
    event::Int
    activation::Int
    statement::Int
    step::Int
    before::Vector{Vector{UInt}} # of a call: what its arguments were, see `signatures`
end

"""
Everything that was recorded. Numbers go into one vector for each element type, row-major, and all
else into vectors of integers, so that they cross to Python in few pieces.
"""
mutable struct Tape
    statements::Vector{Statement}
    parameters::Vector{String}
    sketch_over::Int
    full::Vector{Int}     # steps in which nothing is sketched
    adapter::Any          # how the two functions are called
    outputs::Dict{String,Int} # where in `accesses` their results are
    backward::Bool        # which of the two functions is running
    calls::Int
    top::Int              # activation of that function; NONE: it has not begun
    open::Vector{Open}
    counts::Vector{Int}   # events by statement
    events::Vector{Int}   # EVENT integers for each, see `before`
    accesses::Vector{Int} # name, step, value
    scopes::Vector{Int}   # event, name, 1 if it is a list, number of values, values
    names::Vector{String}
    number_of::Dict{String,Int}
    values::Vector{Int}   # element type, offset, number of axes, lengths of these
    starts::Vector{Int}   # where in `values` each begins
    types::Vector{DataType}
    pools::Vector{Any}
    seen::Dict{UInt,Int}  # the last value of an array, by its identity
    sketched::Dict{UInt,Tuple{UInt,Int}} # the last sketch of an array, with its checksum
    digests::Vector{String}
    cosines::Vector{Float64}
    held::Int             # numbers in the pools
end

Tape(parameters, sketch_over, full, adapter) = Tape(
    Statement[], parameters, sketch_over, full, adapter, Dict{String,Int}(), false, 0, NONE, Open[],
    Int[], Int[], Int[], Int[], String[], Dict{String,Int}(), Int[], Int[], DataType[], Any[],
    Dict{UInt,Int}(), Dict{UInt,Tuple{UInt,Int}}(), String[], Float64[], 0,
)

"One call of a function, and the step in which it was called."
struct Activation
    tape::Tape
    number::Int
    step::Int
end

const EVENT = 9
const UNSET = -2 # in place of the number of a value: nothing has been written there yet

next(turn::Int) = turn + 1
next(turn) = (turn[] += 1)
step_of(value, turn) = value isa Integer && !(value isa Bool) ? Int(value) - 1 : turn
function step_of_turn(turn, arguments...)
    next(turn)
    for argument in arguments
        argument isa Integer && return step_of(argument, 0)
    end
    return turn[]
end

"A function begins. Called out of a loop, all of it belongs to the step of this loop."
@noinline function enter(tape::Tape, step::Int)
    number = tape.calls
    tape.calls += 1
    tape.top == NONE && (tape.top = number)
    step == NONE && !isempty(tape.open) && (step = tape.open[end].step)
    return Activation(tape, number, step)
end

"The forward pass is over, and has given all this; the backward pass begins."
function turn!(tape, given)
    for (name, value) in pairs(given)
        returned!(tape, string(name), value)
    end
    tape.backward = true
    tape.top = NONE
    return
end

"A statement begins: an event with what it reads."
@noinline function before(a::Activation, k::Int, step::Int, @nospecialize(values), locals = nothing)
    tape = a.tape
    statement = tape.statements[k]
    settle!(tape, a.number, statement.inside)
    tape.counts[k] += 1
    tape.counts[k] > MOST && return
    a.step == NONE || (step = a.step)
    event = length(tape.events) ÷ EVENT
    first = length(tape.accesses) ÷ 3
    look!(tape, statement.reads, values, step)
    count = length(tape.accesses) ÷ 3 - first
    push!(tape.events, k - 1, tape.backward, a.number, step, 0, first, count, 0, 0)
    marks = statement.how == :changed ? signatures(statement.reads, values) : Vector{UInt}[]
    push!(tape.open, Open(event, a.number, k, step, marks))
    locals === nothing || keep_scope!(tape, event, locals)
    return
end

"A statement is over: what it wrote."
@noinline function after(a::Activation, k::Int, @nospecialize(values))
    tape = a.tape
    open = close!(tape, a.number, k)
    open === nothing && return
    statement = tape.statements[k]
    first = length(tape.accesses) ÷ 3
    if statement.how == :changed
        changes!(tape, statement.writes, values, open)
    elseif statement.how == :unset
        for place in statement.writes
            push_access!(tape, place.name, NONE, UNSET)
        end
    else
        look!(tape, statement.writes, values, open.step)
    end
    wrote!(tape, open.event, first)
    return
end

"A function is about to return: the result under the names of what it is."
@noinline function after_result(a::Activation, k::Int, @nospecialize(result))
    tape = a.tape
    open = close!(tape, a.number, k)
    open === nothing && return
    first = length(tape.accesses) ÷ 3
    if a.number != tape.top || tape.statements[k].how == :inner
        parts = result isa Tuple ? result : (result,)
        for part in parts
            push_access!(tape, "return", NONE, kept!(tape, part, open.step))
        end
    else
        named_outputs!(tape, result, open.step)
    end
    wrote!(tape, open.event, first)
    return
end

"The results of forward or backward itself; the values of those that have a name come later."
function named_outputs!(tape, @nospecialize(result), step)
    call = tape.backward ? tape.adapter.backward : tape.adapter.forward
    single = length(call.results) == 1 && !call.rest
    parts = single || !(result isa Union{Tuple,NamedTuple,Vector}) ? (result,) : Tuple(result)
    matching = length(parts) == length(call.results) || call.rest
    for (i, part) in enumerate(parts)
        name = matching && i <= length(call.results) ? string(call.results[i]) : "_"
        if is_output(tape, name)
            output!(tape, name)
        elseif name == "gradients"
            foreach(parameter -> output!(tape, "d$parameter"), tape.parameters)
        else
            push_access!(tape, "return", NONE, kept!(tape, part, step))
        end
    end
    for word in ("h", "p")
        tape.backward || XCheck.is_handed(call, Symbol(word)) && output!(tape, word)
    end
end

is_output(tape, name) =
    tape.backward ? startswith(name, "d") && name[2:end] in tape.parameters :
    name in ("cost", "h", "p")

function output!(tape, name)
    tape.outputs[name] = length(tape.accesses)
    push_access!(tape, name, NONE, -1)
end

"The value of a result, in the form in which XCheck compares it."
function returned!(tape, name, value)
    at = get(tape.outputs, name, nothing)
    at === nothing || value === nothing || (tape.accesses[at+3] = kept!(tape, value, NONE))
    return
end

function wrote!(tape, event, first)
    tape.events[event*EVENT+8] = first
    tape.events[event*EVENT+9] = length(tape.accesses) ÷ 3 - first
    return
end

"Take statements off that were left by an exception: all that `inside` is not around of."
function settle!(tape, activation, inside)
    late = 0
    while !isempty(tape.open)
        top = tape.open[end]
        top.activation < activation && break
        top.activation == activation && top.statement == inside && break
        pop!(tape.open)
        late == 0 && (tape.events[top.event*EVENT+5] = 1) # the innermost one threw
        late += 1
    end
end

function close!(tape, activation, k)
    i = findlast(open -> open.activation == activation && open.statement == k, tape.open)
    i === nothing && return nothing
    open = tape.open[i]
    while length(tape.open) > i
        late = pop!(tape.open)
        length(tape.open) == i || continue
    end
    pop!(tape.open)
    return open
end

"The run broke off: the statement that threw is the innermost one."
function broken_off!(tape)
    isempty(tape.open) || (tape.events[tape.open[end].event*EVENT+5] = 1)
end
