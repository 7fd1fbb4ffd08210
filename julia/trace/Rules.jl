# What a programmer gets wrong, the other way round. Each rule takes a place in a statement and
# offers other code for it; it goes by syntax and shapes, never by names.

"Other code for a part of a statement. `what` is put into words only when it is needed."
struct Candidate
    address::Vector{Int} # from the statement
    new::Any
    what::Vector{Any}
    cost::Int
end

"The candidates of a search."
struct Offers
    list::Vector{Candidate}
end

function offer!(
    offers, site, @nospecialize(new), cost,
    @nospecialize(a), @nospecialize(b = ""), @nospecialize(c = ""), @nospecialize(d = ""),
)
    push!(offers.list, Candidate(site.address, new, Any[a, b, c, d], cost))
    return
end

"The same, `new` being something that stands in place of `old`."
instead!(offers, site, @nospecialize(new), @nospecialize(old), cost) =
    offer!(offers, site, new, cost, new, " in place of ", old)

op(name, @nospecialize(a), @nospecialize(b)) = Expr(:call, name, a, b)
entrywise(name, @nospecialize(a)) = Expr(:(.), name, Expr(:tuple, a))
axes_of(site) = site.value isa AbstractArray ? ndims(site.value) : 0

const SUMS = [:+, :-, :.+, :.-]
const PRODUCTS = [:*, :.*, :/, :./, :\, :.\]
const TIMES = [:*, :.*]
const POWERS = [:^, :.^]

"The same operator with a dot, or without."
const OTHER_KIND = Dict{Symbol,Symbol}()
for operator in (:+, :-, :*, :/, :^, :\)
    OTHER_KIND[operator] = Symbol(".", operator)
    OTHER_KIND[Symbol(".", operator)] = operator
end
const KINDS = collect(keys(OTHER_KIND))
const WHOLE_ONLY = [:^, :/, :\]
const OPPOSITE = Dict(:+ => :-, :- => :+, :.+ => :.-, :.- => :.+)

"An expression with its part `i` replaced."
function with(node, i, @nospecialize(new))
    copied = copy(node.args)
    copied[i] = new
    return of_parts(node.head, copied)
end

"An expression without its part `i`; of a sum or product of two the other part."
function without(node, i)
    kept = Any[node.args[j] for j in 1:length(node.args) if j != i]
    length(kept) == 2 && node.args[1] in OPERATORS || return of_parts(node.head, kept)
    node.args[1] in SUBTRACTING && i == 2 && return negative(kept[2])
    return kept[2]
end
const OPERATORS = [SUMS; PRODUCTS]
const SUBTRACTING = [:-, :.-]

negative(@nospecialize(node)) = Expr(:call, :-, node)
flip(@nospecialize(node)) = ishead(node, QUOTE_MARK) ? node.args[1] : Expr(QUOTE_MARK, node)
one_minus(@nospecialize(node)) = Expr(:call, :.-, 1, node)
operates(@nospecialize(node), names) = calls(node, names) && length(node.args) >= 3

isliteral(@nospecialize(node)) = node isa Union{Int,Float64,Float32}
isarray(site) = site.value isa AbstractArray || (site.value === nothing && !isliteral(site.node))

function rule_transpose(offers, setting, site)
    node = site.node
    if ishead(node, QUOTE_MARK)
        offer!(offers, site, node.args[1], 1, node.args[1], " not transposed")
    elseif calls(node, FLIPS) && length(node.args) == 2
        offer!(offers, site, node.args[2], 1, node.args[2], " not transposed")
    elseif isarray(site) && site.index == 0 && !ishead(node, :tuple) && axes_of(site) <= 2
        cost = node isa Symbol || isentry(node) ? 1 : 2
        offer!(offers, site, flip(node), cost, node, " transposed")
    end
end
const FLIPS = [:transpose, :adjoint, :permutedims]

function rule_sign(offers, setting, site)
    node = site.node
    if calls(node, SUBTRACTING) && length(node.args) == 2
        offer!(offers, site, node.args[2], 1, "no minus before ", node.args[2])
    elseif !ishead(node, :tuple) && !(node isa Bool) && !calls(node, NO_NUMBERS) &&
        (setting.known || operates(node, OPERATORS))
        plain = site.top || operates(node, OPERATORS)
        site.index > 0 ||
            offer!(offers, site, negative(node), plain ? 1 : 2, "a minus before ", node)
    end
    operates(node, SUMS) || return
    if length(node.args) == 3
        offer!(offers, site, with(node, 1, OPPOSITE[node.args[1]]), 1,
            "the other sign of ", node.args[3])
        if node.args[1] in SUBTRACTING
            new = op(node.args[1], node.args[3], node.args[2])
            offer!(offers, site, new, 1, "the other way round")
        end
    else
        for i in 3:length(node.args)
            new = with(node, i, negative(node.args[i]))
            offer!(offers, site, new, 1, "the other sign of ", node.args[i])
        end
    end
end

const NO_NUMBERS = [:(:), :(==), :!=, :<, :(<=), :>, :(>=), :!]

function rule_kind(offers, setting, site)
    node = site.node
    if operates(node, KINDS)
        other = OTHER_KIND[node.args[1]]
        # Powers and quotients of matrices are nobody's intention here.
        isarray(site) && other in WHOLE_ONLY && return
        if length(node.args) == 3
            offer!(offers, site, with(node, 1, other), 1, other, " in place of ", node.args[1])
        else
            for i in 2:length(node.args)-1
                pair = Expr(:call, other, node.args[i], node.args[i+1])
                kept = Any[node.args[1:i-1]; pair; node.args[i+2:end]]
                offer!(offers, site, of_parts(:call, kept), 1, other, " in place of ", node.args[1])
            end
        end
    elseif ishead(node, :call) && length(node.args) == 2 && !(node.args[1] in SUMS)
        new = entrywise(node.args[1], node.args[2])
        offer!(offers, site, new, 1, node.args[1], " entry by entry")
    elseif ishead(node, :(.)) && !isfield(node) && ishead(node.args[2], :tuple) &&
        !(node.args[1] in ENTRYWISE)
        whole = of_parts(:call, Any[node.args[1]; node.args[2].args])
        offer!(offers, site, whole, 1, node.args[1], " of the whole")
    end
end

function rule_order(offers, setting, site)
    node = site.node
    if ishead(node, :call) && length(node.args) >= 3 && !any_named(node.args)
        commutes = node.args[1] in SUMS || node.args[1] in COMMUTING
        commutes && return
        for i in 2:length(node.args)-1
            new = with(with(node, i, node.args[i+1]), i + 1, node.args[i])
            left, right = node.args[i], node.args[i+1]
            offer!(offers, site, new, 1, "the other order of ", left, " and ", right)
        end
        if node.args[1] == :* && length(node.args) == 3 # (a*b)' without the outer mark, as b'*a'
            new = Expr(:call, :*, flip(node.args[3]), flip(node.args[2]))
            offer!(offers, site, new, 2, "the other order, transposed")
        end
    elseif ishead(node, :if)
        new = with(with(node, 2, node.args[3]), 3, node.args[2])
        offer!(offers, site, new, 1, "the branches swapped")
    elseif ishead(node, :tuple) && site.top
        for i in 1:length(node.args), j in i+1:length(node.args)
            new = with(with(node, i, node.args[j]), j, node.args[i])
            offer!(offers, site, new, 1, node.args[i], " and ", node.args[j], " swapped")
        end
    end
end

const COMMUTING = [:.*, :(:), :(==), :!=, :max, :min]

function rule_drop(offers, setting, site)
    node = site.node
    if operates(node, OPERATORS)
        for i in 2:length(node.args)
            literal = isliteral(node.args[i])
            offer!(offers, site, without(node, i), literal ? 1 : 2, "without ", node.args[i])
        end
        if node.args[1] in SUBTRACTING && length(node.args) == 3
            offer!(offers, site, node.args[3], 2, "without ", node.args[2])
        end
    elseif ishead(node, :call) && !(node.args[1] in OPERATORS)
        drop_call!(offers, site, node.args, 2)
    elseif ishead(node, :(.)) && !isfield(node) && ishead(node.args[2], :tuple)
        drop_call!(offers, site, Any[node.args[1]; node.args[2].args], 2)
    elseif ishead(node, :if)
        for i in 2:length(node.args)
            offer!(offers, site, node.args[i], 2, "without the condition ", node.args[1])
        end
    elseif ishead(node, :(&&)) || ishead(node, :(||))
        offer!(offers, site, node.args[1], 2, "without ", node.args[2])
        offer!(offers, site, node.args[2], 2, "without ", node.args[1])
    end
end

"Of a call, one of its arguments, or the sum of two."
function drop_call!(offers, site, args, from)
    for i in from:length(args)
        part = args[i]
        part isa Expr && part.head in NAMED_PARTS && continue
        offer!(offers, site, part, length(args) == 2 ? 1 : 2, "without ", args[1])
        for j in i+1:length(args)
            args[j] isa Expr && args[j].head in NAMED_PARTS && continue
            offer!(offers, site, op(:.+, args[j], part), 3, "the sum in place of ", args[1])
        end
    end
    # Without a keyword or an option.
    length(args) > 2 && ishead(site.node, :call) && for i in from+1:length(args)
        offer!(offers, site, without(site.node, i), 2, "without ", args[i])
    end
end

"Return another variable: the gradient that belongs there, or anything else that is made."
function rule_return(offers, setting, site)
    node = site.node
    ishead(node, :tuple) && site.top || return
    for (i, part) in enumerate(node.args)
        all = length(node.args) == length(setting.parameters)
        right = all ? Symbol("d", setting.parameters[i]) : nothing
        for name in setting.made
            name == part && continue
            cost = name == right ? 1 : 3
            offer!(offers, site, with(node, i, name), cost, name, " in place of ", part)
        end
    end
end

function rule_double(offers, setting, site)
    node = site.node
    (site.index > 0 || ishead(node, :tuple) || isliteral(node) || node isa Bool) && return
    cost = site.top ? 2 : 3
    offer!(offers, site, Expr(:call, :*, 2, node), cost, "twice ", node)
    offer!(offers, site, Expr(:call, :/, node, 2), cost, "half of ", node)
end
