# Faults known by name, each found by the part that a piece of code plays, not by its spelling.

"""
    named(scope, general) -> (faults, skipped)

`general` are the faults of the operators; some of them only need their name.
"""
function named(scope, general)
    found, skipped = Fault[], Tuple{String,String}[]
    for (name, plant) in NAMED
        faults = plant(scope, general)
        if faults isa String
            push!(skipped, (name, faults))
        else
            append!(found, [renamed(f, name) for f in faults])
        end
    end
    return found, skipped
end

renamed(f, name) = Fault(name, f.line, f.old, f.new, f.replacements, f.appended)

# The parts ------------------------------------------------------------------------------------

backward_sites(scope) = sites_in(scope, scope.adapter.backward.name)

"`1 - a*a` in any spelling: the a of it, or nothing."
function squared(node)
    iscall(node, :-, :.-) && length(node.args) == 3 && node.args[2] == 1 || return nothing
    square = node.args[3]
    iscall(square, :*, :.*) && length(square.args) == 3 && square.args[2] == square.args[3] &&
        return square.args[2]
    iscall(square, :^, :.^) && square.args[3] == 2 && return square.args[2]
    return nothing
end

"The places of the derivative of tanh in the backward pass."
factors(scope) = filter(site -> squared(site.node) !== nothing, backward_sites(scope))

"The products that have this derivative for a factor, itself or by its name."
function products(scope)
    names = [
        base(site.node.args[1]) for site in backward_sites(scope)
        if isassignment(site.node) && squared(site.node.args[2]) !== nothing
    ]
    isfactor(node) = squared(node) !== nothing || base(node) in names
    return filter(backward_sites(scope)) do site
        iscall(site.node, :*, :.*) && any(isfactor, site.node.args[2:end])
    end
end

"""
The assignments in a loop of the backward pass to what the next turn reads: dhnext in the question.
A name that a statement before reads, that is not made from itself, and that has no value of this
turn by then.
"""
function carried(scope)
    places = backward_sites(scope)
    return filter(places) do site
        isassignment(site.node) && site.node.args[1] isa Symbol && !isempty(site.loops) ||
            return false
        name = site.node.args[1]
        name in symbols(site.node.args[2]) && return false
        inside(other) = !isempty(other.loops) && other.address < site.address
        any(s -> inside(s) && s.node == name, places) &&
            !any(s -> inside(s) && isassignment(s.node) && s.node.args[1] == name, places)
    end
end

"The sums in the backward pass that take in what is carried."
function intakes(scope)
    names = [site.node.args[1] for site in carried(scope)]
    return filter(backward_sites(scope)) do site
        iscall(site.node, :+, :.+) && length(site.node.args) == 3 &&
            any(n -> n in site.node.args, names)
    end
end

"The variables that the backward pass returns for the gradients, by parameter."
function gradients(scope)
    results = string.(scope.adapter.backward.results)
    returned = filter(backward_sites(scope)) do site
        site.node isa Expr && site.node.head == :tuple && length(site.node.args) == length(results)
    end
    isempty(returned) && return Pair{Symbol,Any}[]
    pairs = zip(results, last(returned).node.args)
    return [Symbol(name[2:end]) => variable for (name, variable) in pairs if startswith(name, "d")]
end

"The statements `dW = dW + ...` or `dW += ...` of the gradients of some parameters."
function sums(scope, wanted)
    names = [variable for (parameter, variable) in gradients(scope) if parameter in wanted]
    return filter(backward_sites(scope)) do site
        (isassignment(site.node) || isupdate(site.node)) && site.node.args[1] in names &&
            !isempty(added(site.node))
    end
end

"What a statement adds to the variable that it assigns; empty where it does something else."
function added(statement)
    name, value = statement.args
    isupdate(statement) && return [value]
    iscall(value, :+, :.+) && length(value.args) == 3 && name in value.args || return []
    return filter(term -> term != name, value.args[2:3])
end

biases(scope) = filter(scope.parameters) do name
    any(scope.shapes) do ((_, text), size)
        text == string(name) && size isa Tuple{Int,Int} && size[1] == 1
    end
end

# The faults -----------------------------------------------------------------------------------

"A fault at each of the places, or why there is none."
at(f, places, why) = isempty(places) ? why : Fault[f(site) for site in places]

"The general faults of an operator for which `f` holds, or why there is none."
function picked(f, general, operator, why)
    found = filter(fault -> fault.operator == operator && f(fault), general)
    return isempty(found) ? why : found
end

const NO_FACTOR = "no 1 - h*h in the backward pass"
const NO_CARRY = "nothing in the backward pass is carried from step to step"

function the_transpose(scope, general)
    lines = [text(site.statement) for site in carried(scope)]
    picked(general, "transpose", "no transposed product is carried from step to step") do f
        f.old in lines && count(==('\''), f.new) < count(==('\''), f.old)
    end
end

no_carry(scope, _) = at(carried(scope), NO_CARRY) do site
    fault(site, "", with(site.node, 2, :(0 .* $(site.node.args[2]))))
end

carry_once(scope, _) = at(carried(scope), NO_CARRY) do site
    name, value = site.node.args
    fault(site, "", with(site.node, 2, :(ifelse(any($name .!= 0), 0, 1) .* $value)))
end

function carry_after(scope, _)
    taken, scaled = intakes(scope), products(scope)
    isempty(taken) && return NO_CARRY
    isempty(scaled) && return NO_FACTOR
    names = [site.node.args[1] for site in carried(scope)]
    name = first(n for n in first(taken).node.args[2:end] if n in names)
    return [both(first(taken), first(scaled), name)]
end

"Without `name` where it was taken in, and with it behind the product."
function both(intake, product, name)
    rest = first(n for n in intake.node.args[2:end] if n != name)
    inside = intake.address[1:min(end, length(product.address))] == product.address
    if inside
        within = intake.address[length(product.address)+1:end]
        return fault(product, "", :($(replaced(product.node, within, rest)) .+ $name))
    end
    early, late = fault(intake, "", rest), fault(product, "", :($(product.node) .+ $name))
    return Fault(
        "", late.line, "$(early.old); $(late.old)", "$(early.new); $(late.new)",
        [early.replacements; late.replacements], "",
    )
end

no_factor(scope, _) = at(factors(scope), NO_FACTOR) do site
    fault(site, "", with(site.node, 3, :(0 .* $(site.node.args[3]))))
end

tanh_of_h(scope, _) = at(factors(scope), NO_FACTOR) do site
    fault(site, "", with(site.node, 3, :(tanh.($(squared(site.node))) .^ 2)))
end

one_minus_h(scope, _) = at(factors(scope), NO_FACTOR) do site
    fault(site, "", with(site.node, 3, squared(site.node)))
end

function bias_assigned(scope, general)
    lines = [text(site.statement) for site in sums(scope, biases(scope))]
    picked(general, "assign for update", "no bias gradient is summed up step by step") do f
        f.old in lines
    end
end

row_assigned(scope, _) = at(sums(scope, scope.rows), "no gradient is summed up by word") do site
    name, new = site.node.args[1], first(added(site.node))
    fault(site, "", :($name = ifelse.($new .!= 0, $new, $name)))
end

this_for_before(_, general) = picked(general, "time index", "no index like t - 1") do f
    !occursin("max(", f.new) || occursin("max(", f.old)
end

rounded_backward(scope, _) = at(products(scope), NO_FACTOR) do site
    fault(site, "", :(Float32.($(site.node))))
end

function rounded_forward(scope, _)
    places = sites_in(scope, scope.adapter.forward.name)
    at(filter(site -> iseach(site.node, :tanh), places), "no tanh.(...)") do site
        fault(site, "", :(Float32.($(site.node))))
    end
end

const NAMED = [
    "the transpose" => the_transpose,
    "no dhnext" => no_carry,
    "dhnext kept for one step" => carry_once,
    "dhnext added after the tanh factor" => carry_after,
    "no tanh factor" => no_factor,
    "1 - tanh(h)^2" => tanh_of_h,
    "1 - h" => one_minus_h,
    "a bias gradient assigned" => bias_assigned,
    "a word's row assigned" => row_assigned,
    "h[t] for h[t-1]" => this_for_before,
    "float32 in the backward pass" => rounded_backward,
    "float32 in the forward pass" => rounded_forward,
]
