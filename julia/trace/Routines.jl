# The functions of a tagger file: where they are, and which of them are run.

"A function of the file: where its body is."
struct Routine
    name::Symbol
    arguments::Vector{Symbol}
    body::Any
    address::Vector{Int}
end

"All functions that expressions define outside of other functions."
function routines(expressions)
    found = Routine[]
    for (i, expression) in enumerate(expressions)
        routines!(found, expression, [i])
    end
    return found
end

function routines!(found, @nospecialize(node), address)
    node isa Expr || return
    routine = routine_of(node, address)
    routine === nothing || (push!(found, routine); return)
    # What other macros make of a function is not known.
    node.head == :macrocall && !transparent(node) && return
    node.head == :quote || node.head == :macro && return
    for (i, part) in enumerate(node.args)
        routines!(found, part, below(address, i))
    end
end

transparent(node) = node.head == :macrocall && (
    node.args[1] in TRANSPARENT || endswith(string(node.args[1]), "@doc") ||
    endswith(string(node.args[1]), "@doc\"")
)

"The function that a node defines; nothing where it defines none. Anonymous ones have no name."
function routine_of(node, address)
    node.head == :function || node.head == :(=) || return nothing
    length(node.args) == 2 || return nothing
    signature = node.args[1]
    while ishead(signature, :where) || ishead(signature, :(::))
        signature = signature.args[1]
    end
    if ishead(signature, :call)
        name = called(signature.args[1])
        return Routine(name, argument_names(signature.args, 2), node.args[2], below(address, 2))
    end
    node.head == :function && ishead(signature, :tuple) || return nothing
    return Routine(Symbol(""), argument_names(signature.args, 1), node.args[2], below(address, 2))
end

function called(@nospecialize(name))
    name isa Symbol && return name
    name isa Expr || return Symbol("")
    name.head == :(.) && return name.args[2].value
    name.head == :curly && return called(name.args[1])
    return name.head == :(::) ? called(name.args[end]) : Symbol("")
end

const ARGUMENTS = [:(::), :kw, :..., :(=)]

"Names of arguments, those by keyword among them."
function argument_names(arguments, from)
    found = Symbol[]
    for i in from:length(arguments)
        argument = arguments[i]
        ishead(argument, :parameters) && append!(found, argument_names(argument.args, 1))
        while argument isa Expr && argument.head in ARGUMENTS && length(argument.args) > 1 ||
            ishead(argument, :...)
            argument = argument.args[1]
        end
        argument isa Symbol && push!(found, argument)
    end
    return found
end

"The functions that those of these names run, themselves among them."
function reached_of(all, names)
    wanted, found = copy(names), Routine[]
    while !isempty(wanted)
        name = popfirst!(wanted)
        for routine in all
            (routine.name == name && !(routine in found)) || continue
            push!(found, routine)
            for other in all
                (other in found || other.name in wanted) && continue
                mentions(routine.body, [other.name]) && push!(wanted, other.name)
            end
        end
    end
    return found
end

"The code of a function's body with records in it."
function instrumented(walk, routine, step = nothing)
    walk.line = first_line_of(routine.body, walk.line)
    activation = gensym("xcheck")
    unsure = declared(routine.body)
    names = Names(setdiff(routine.arguments, unsure), Symbol[])
    outer = step === nothing ? NONE : step
    here = Around(routine.name, routine.arguments, names, Int[], 0, activation, nothing, true)
    body = statement(walk, routine.body, routine.address, here, true, true)
    begins = Expr(:(=), activation, Expr(:call, enter, walk.tape, outer))
    return led_by(Any[begins], body)
end

"A block that begins with some code."
led_by(first, @nospecialize(body)) =
    of_parts(:block, append!(first, ishead(body, :block) ? body.args : Any[body]))

function first_line_of(@nospecialize(body), otherwise)
    ishead(body, :block) || return otherwise
    for part in body.args
        part isa LineNumberNode && return part.line
    end
    return otherwise
end

"Variables that are declared without a value somewhere, and so may not be there."
declared(@nospecialize(node)) = declared!(Symbol[], node)

function declared!(found, @nospecialize(node))
    node isa Expr || return found
    if node.head == :local || node.head == :let
        several = node.head == :let && ishead(node.args[1], :block)
        parts = several ? node.args[1].args : node.args
        for part in parts
            part isa Symbol && push!(found, part)
        end
    end
    for part in node.args
        declared!(found, part)
    end
    return found
end
