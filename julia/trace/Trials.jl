# A statement run on what a trial says, and whether it comes to what is wanted.

"One run of a statement, and what it should come to."
struct Run
    statement::Any # its own; nothing where it is the one that is rewritten
    variables::Dict{Symbol,Any}
    target::Any
    wanted::Any    # nothing: not known
    carried::Vector{Symbol}
    shape::Any     # of what is wanted, where that is not known; nothing: not known either
    bench::Bench
    gradients::Vector{Any} # what the gradients are called, in order
end

"The largest distance over all runs; NaN at the first that is too large or throws."
function distance_of(new, statement, runs, tolerance)
    largest, made = 0.0, Made[]
    for run in runs
        try
            code = run.statement === nothing ? new : run.statement
            result = outcome(run, code, run.statement === nothing ? statement : code, made)
            if run.wanted === nothing
                run.shape === nothing || collect(size(result)) == run.shape || return NaN
                continue
            end
            distance = apart(result, run.wanted)
            distance <= tolerance || return NaN
            largest = max(largest, distance)
        catch e
            e isa InterruptException && rethrow()
            return NaN
        end
    end
    return largest
end

"What a target came to: a variable, or an entry of it."
struct Made
    name::Any
    indices::Vector{Any}
    value::Any
end

"What the target of a run comes to with this statement; added to what was made by the runs before."
function outcome(run, @nospecialize(node), @nospecialize(original), made)
    variables = copy(run.variables)
    for name in changed_in_place(node)
        haskey(variables, name) && (variables[name] = own(variables[name]))
    end
    isempty(run.carried) || carry!(variables, run.carried, made)
    bench = run.bench
    bench.variables = variables
    value = value_of(bench, node)
    if by_value(node)
        position = position_in(original, run)
        return position == 0 || !(value isa Tuple) ? value : value[position]
    end
    result = value_of(bench, run.target)
    if run.target isa Symbol
        push!(made, Made(run.target, Any[], result))
    elseif ishead(run.target, :ref)
        push!(made, Made(run.target.args[1], values_in(bench, run.target.args, 2), result))
    end
    return result
end

"Set the variables that are carried to what they, or their entries, were made before."
function carry!(variables, carried, made)
    entries = Symbol[]
    for one in made
        one.name in carried || continue
        if isempty(one.indices)
            variables[one.name] = own(one.value)
        elseif haskey(variables, one.name)
            one.name in entries || (variables[one.name] = own(variables[one.name]))
            push!(entries, one.name)
            Base.invokelatest(setindex!, variables[one.name], one.value, one.indices...)
        end
    end
end

"A copy that may be written into, the entries of a list among it."
own(@nospecialize(value)) =
    value isa Vector{Any} ? copy_list(value) : value isa AbstractArray ? copy(value) : value
function copy_list(list)
    new = similar(list)
    for i in eachindex(list)
        isassigned(list, i) && (new[i] = own(list[i]))
    end
    return new
end

"Whether a statement counts by its own value: one that returns, a range, a condition."
function by_value(@nospecialize(node))
    node isa Expr && node.head != :return || return true
    return !assigns(node) && !(node.head == :call && acts(node))
end

function assigns(@nospecialize(node))
    node isa Expr || return false
    return is_assignment(node) ||
        (holds_one(node) || node.head in SEQUENCES) && assigns(node.args[end])
end

"""
Which element of what is returned the target is: the gradient of this name, which has its place
whatever the element there is called, or else the one that is written so; 0: the whole.
"""
function position_in(@nospecialize(node), run)
    value = ishead(node, :return) ? node.args[1] : node
    ishead(value, :tuple) || return 0
    parts = length(value.args) == length(run.gradients) ? run.gradients : value.args
    for names in (parts, value.args), (i, part) in enumerate(names)
        part == run.target && return i
    end
    return 0
end

"Variables whose arrays a statement may write into."
function changed_in_place(@nospecialize(node))
    found = Symbol[]
    changed!(found, node)
    return found
end

function changed!(found, @nospecialize(node))
    node isa Expr || return
    if is_assignment(node)
        for part in parts_of(node.args[1])
            in_place = !(part isa Symbol) || startswith(string(node.head), ".")
            in_place && append!(found, symbols(part))
        end
    elseif ishead(node, :call) && node.args[1] isa Symbol && endswith(string(node.args[1]), "!")
        append!(found, symbols(node))
    end
    foreach(part -> changed!(found, part), node.args)
end

# Making the runs --------------------------------------------------------------------------------

function run_of(mod, globals, all, at, statement, names, trial)
    address, labels, values, target, wanted, carried, shape = trial
    address = parse.(Int, split(String(address)))
    own_code = address == at ? nothing : stripped(node_at(all, address))
    variables = Dict{Symbol,Any}()
    for (label, value) in zip(labels, values)
        variables[Symbol(String(label))] = taken_over(value)
    end
    carried = Symbol[Symbol(String(name)) for name in carried]
    local_functions!(mod, variables, all, address, own_code === nothing ? statement : own_code)
    bench = Bench(mod, variables, globals, IdDict(), IdDict())
    own_code === nothing && hold_parts!(bench, statement, carried)
    aim = String(target) in ("", "return") ? nothing : Meta.parse(String(target); raise = false)
    gradients = Any[Symbol("d", name) for name in names]
    sizes = shape === nothing ? nothing : Int[n for n in shape]
    return Run(own_code, variables, aim, taken_over(wanted), carried, sizes, bench, gradients)
end

"A value from Python as Julia's own: numbers, arrays, lists with gaps."
function taken_over(@nospecialize(value))
    value === nothing && return nothing
    value isa Number && return value
    if value isa AbstractArray && eltype(value) <: Number && isconcretetype(eltype(value))
        array = XCheck.copy_of(value)
        return ndims(array) == 0 ? array[] : array
    end
    list = Vector{Any}(undef, length(value))
    for (i, entry) in enumerate(value)
        entry === nothing || (list[i] = taken_over(entry))
    end
    return list
end

"Hold the values of the parts that are the same in all candidates."
function hold_parts!(bench, @nospecialize(node), carried)
    has_inner(node) && return
    hold!(bench, node, [carried; changed_in_place(node)])
end

"Whether a statement holds further ones, whose variables change on the way."
function has_inner(@nospecialize(node))
    node isa Expr || return false
    node.head in SEQUENCES && return true
    for part in node.args
        has_inner(part) || (is_assignment(node) && has_statements(part)) || continue
        return true
    end
    return false
end

function hold!(bench, @nospecialize(node), changing)
    node isa Expr || return
    from = is_assignment(node) ? 2 : 1
    for i in from:length(node.args)
        hold!(bench, node.args[i], changing)
    end
    plain = node.head in (:call, QUOTE_MARK, :ref) || (node.head == :(.) && !isfield(node))
    plain && !effects(node) && !mentions(node, changing) && (bench.stable[node] = true)
    return
end

"Functions that are defined inside of the function around, made anew over the variables."
function local_functions!(mod, variables, all, at, statement)
    routine = routine_around(all, at)
    routine === nothing && return
    for name in unique(symbols(statement))
        haskey(variables, name) && continue
        definition = definition_of(name, routine.body)
        definition === nothing && continue
        bench = Bench(mod, variables, Dict{Symbol,Any}(), IdDict(), IdDict())
        made = value_or_nothing(bench, Expr(:let, Expr(:block), Expr(:block, definition, name)))
        made === nothing || (variables[name] = made)
    end
end

function definition_of(name, @nospecialize(node))
    node isa Expr || return nothing
    routine = routine_of(node, Int[])
    routine !== nothing && routine.name == name && return stripped(node)
    ishead(node, :(=)) && node.args[1] == name && ishead(node.args[2], :(->)) &&
        return stripped(node)
    for part in node.args
        found = definition_of(name, part)
        found === nothing || return found
    end
    return nothing
end

function tolerance_of(runs)
    for run in runs
        value = run.wanted
        kind = value isa AbstractArray ? eltype(value) : typeof(value)
        kind == Float32 && return 1e-4
        values = Base.values(run.variables)
        any(v -> v isa Array{Float32}, values) && return 1e-4
    end
    return 1e-9
end
