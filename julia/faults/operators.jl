# General operators on the syntax tree: anyone's file yields its own faults. Each takes the scope
# and returns faults; one that yields nothing of use is no harm, for equal faults are listed once
# and those that change no number are found out by running them.

const SUMS = (:+, :-, :.+, :.-)
const PRODUCTS = (:*, :.*, :/, :./)

"The faults that `f(site)`, the replacements of a site's node, makes."
each_site(f, scope, operator) = Fault[
    fault(site, operator, new) for site in scope.sites if !site.part for new in f(site)
]

"Take a transpose away, or put one on a factor of a product."
transposes(scope) = each_site(scope, "transpose") do site
    node = site.node
    node isa Expr && node.head == Symbol("'") && return [node.args[1]]
    iscall(node, :*) && length(node.args) == 3 || return []
    [
        with(node, i, Expr(Symbol("'"), node.args[i])) for i in 2:3
        if isvariable_node(node.args[i])
    ]
end

"Turn + into - and back, on one term at a time; take a minus away."
signs(scope) = each_site(scope, "a sign") do site
    node = site.node
    isupdate(node) && return [Expr(OPPOSITE[node.head], node.args...)]
    iscall(node, :-) && length(node.args) == 2 && return [node.args[2]]
    iscall(node, SUMS...) && length(node.args) >= 3 || return []
    length(node.args) == 3 && return [with(node, 1, OPPOSITE[node.args[1]])]
    [with(node, i, negated(node.args[i])) for i in 3:length(node.args)]
end

const OPPOSITE = Dict(
    :+ => :-, :- => :+, :.+ => :.-, :.- => :.+,
    :+= => :-=, :-= => :+=, :(.+=) => :(.-=), :(.-=) => :(.+=),
)

"Leave out a term of a sum or a factor of a product."
drops(scope) = each_site(scope, "drop") do site
    node = site.node
    iscall(node, SUMS..., PRODUCTS...) && length(node.args) >= 3 || return []
    operator = node.args[1]
    length(node.args) > 3 && return [
        Expr(:call, node.args[1:i-1]..., node.args[i+1:end]...) for i in 2:length(node.args)
    ]
    operator in (:/, :./) && return [node.args[2]]
    [node.args[2], operator in (:-, :.-) ? negated(node.args[3]) : node.args[3]]
end

"Count a term of a sum twice."
doubles(scope) = each_site(scope, "double") do site
    node = site.node
    isupdate(node) && return [with(node, 2, twice(node.args[2]))]
    iscall(node, SUMS...) && length(node.args) >= 3 || return []
    [with(node, i, twice(node.args[i])) for i in 2:length(node.args)]
end

"Read the step before instead of this one, or this one instead of the step before."
shifts(scope) = each_site(scope, "time index") do site
    node = site.node
    node isa Expr && node.head == :ref && length(node.args) == 2 || return []
    index = node.args[2]
    index in site.loops && return [with(node, 2, :(max($index - 1, 1)))]
    iscall(index, :-, :+) && index.args[2] in site.loops && return [with(node, 2, index.args[2])]
    []
end

"Take the other kind of product: of matrices, or entry by entry."
kinds(scope) = each_site(scope, "kind of product") do site
    node = site.node
    iscall(node, :*, :.*) && length(node.args) == 3 || return []
    any(arg -> arg isa Number, node.args) && return []
    [with(node, 1, node.args[1] == :* ? :.* : :*)]
end

"Multiply in the other order."
orders(scope) = each_site(scope, "order of factors") do site
    node = site.node
    iscall(node, :*, :/) && length(node.args) == 3 || return []
    any(arg -> arg isa Number, node.args) && return []
    [Expr(:call, node.args[1], node.args[3], node.args[2])]
end

"Assign where the code adds to what is there, and the other way round."
updates(scope) = each_site(scope, "assign for update") do site
    node = site.node
    isupdate(node) && return [Expr(:(=), node.args...)]
    isassignment(node) && iscall(node.args[2], :+, :.+) || return []
    [
        with(node, 2, length(sum.args) == 3 ? sum.args[5-i] : without(sum, i))
        for sum in (node.args[2],) for i in 2:length(sum.args) if sum.args[i] == node.args[1]
    ]
end

assigns(scope) = each_site(scope, "update for assign") do site
    node = site.node
    isassignment(node) && !isempty(site.loops) || return []
    name = node.args[1]
    name isa Symbol && !(name in symbols(node.args[2])) || return []
    earlier = any(sites_in(scope, site.name)) do other
        isassignment(other.node) && other.node.args[1] == name && other.address < site.address
    end
    earlier ? [with(node, 2, :($name + $(node.args[2])))] : []
end

"Read another variable of the same shape."
variables(scope) = each_site(scope, "variable") do site
    isvariable(site) && !site.quiet ? first_of(lookalikes(scope, site), LOOKALIKES) : []
end

const LOOKALIKES = 2 # other variables tried for each that is read

"Another number for a number."
constants(scope) = each_site(scope, "constant") do site
    n = site.node
    n isa Union{Int,Float64} || return []
    n == 0 ? [one(n)] : n == 1 ? [zero(n), one(n) + 1] : [zero(n), n + 1]
end

const OPERATORS = (
    transposes, signs, updates, assigns, shifts, drops, doubles, kinds, orders, variables,
    constants,
)

with(node, i, new) = Expr(node.head, node.args[1:i-1]..., new, node.args[i+1:end]...)
without(node, i) = Expr(node.head, node.args[1:i-1]..., node.args[i+1:end]...)
negated(term) = Expr(:call, :-, term)
twice(term) = Expr(:call, :*, 2, term)
first_of(items, n) = items[1:min(n, length(items))]
isvariable_node(node) = node isa Symbol || (node isa Expr && node.head == :ref)
