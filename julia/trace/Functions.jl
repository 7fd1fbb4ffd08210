# Rules for functions, powers and derivatives, for terms in the wrong place, and for updates.

function rule_power(offers, setting, site)
    node = site.node
    if operates(node, POWERS)
        base, exponent = node.args[2:3]
        offer!(offers, site, base, 1, "without the power")
        for n in (1, -1)
            exponent isa Int && exponent + n != 1 || continue
            offer!(offers, site, with(node, 3, exponent + n), 1, "the power ", exponent + n)
        end
        offer!(offers, site, Expr(:call, :.*, base, base), 2, base, " entry by entry with itself")
    elseif site.index == 0 && !isliteral(node) && !ishead(node, :tuple)
        offer!(offers, site, Expr(:call, :.^, node, 2), 2, "the square of ", node)
        offer!(offers, site, entrywise(:sqrt, node), 4, "the root of ", node)
        site.value isa AbstractArray && offer!(offers, site, one_minus(node), 3, "1 minus ", node)
    end
    # 1 - a*a, 1 - tanh(a)^2, 1 - a, a*(1 - a): derivatives of one thing taken for another's.
    inner = derivative_of(node)
    inner === nothing && return
    for (i, other) in enumerate(derivatives(inner))
        offer!(offers, site, other, i <= 3 ? 2 : 3, "the derivative ", other)
    end
end

"The a of a derivative such as 1 - a*a or a*(1 - a); nothing where there is none."
function derivative_of(@nospecialize(node))
    if operates(node, SUBTRACTING) && node.args[2] isa Number && node.args[2] == 1
        inner = node.args[3]
        operates(inner, POWERS) && return bare_of(inner.args[2])
        operates(inner, TIMES) && inner.args[2] == inner.args[3] && return bare_of(inner.args[2])
        return bare_of(inner)
    elseif operates(node, TIMES) && length(node.args) == 3
        for i in 2:3
            other = node.args[5-i]
            operates(other, SUBTRACTING) && other.args[2] == 1 && other.args[3] == node.args[i] &&
                return bare_of(node.args[i])
        end
    end
    return nothing
end

"Without a function around it."
bare_of(@nospecialize(node)) =
    ishead(node, :(.)) && !isfield(node) && length(node.args[2].args) == 1 ?
    node.args[2].args[1] : node

function derivatives(@nospecialize(a))
    tanh_of = Expr(:(.), :tanh, Expr(:tuple, a))
    return Any[
        Expr(:call, :.-, 1, Expr(:call, :.*, a, a)),
        Expr(:call, :.-, 1, Expr(:call, :.^, tanh_of, 2)),
        Expr(:call, :.*, a, one_minus(a)),
        one_minus(a),
        one_minus(Expr(:call, :.*, 2, Expr(:call, :.*, a, a))),
    ]
end

"Functions that are mistaken for each other."
const ENTRYWISE = [
    :tanh, :exp, :log, :sin, :cos, :sinh, :cosh, :abs, :sqrt, :log1p, :expm1, :sign, :real,
]
const GATHERING = [:sum, :maximum, :minimum, :prod, :length]
const EXTREMES = [:max, :min]

function rule_function(offers, setting, site)
    node = site.node
    (site.index > 0 || ishead(node, :tuple)) && return
    if ishead(node, :call) || (ishead(node, :(.)) && !isfield(node))
        name = node.args[1]
        applied = name in ENTRYWISE || (name in setting.functions)
        applied && for other in ENTRYWISE
            cost = other in ENTRYWISE[1:3] ? 2 : 3
            offer!(offers, site, with(node, 1, other), cost, other, " in place of ", name)
        end
        applied && for other in setting.functions
            offer!(offers, site, with(node, 1, other), 2, other, " in place of ", name)
        end
        for family in (GATHERING, EXTREMES)
            name in family && for other in family
                offer!(offers, site, with(node, 1, other), 2, other, " in place of ", name)
            end
        end
        for (i, part) in enumerate(node.args)
            ishead(part, :kw) && part.args[1] == :dims && part.args[2] in (1, 2) || continue
            new = with(node, i, Expr(:kw, :dims, 3 - part.args[2]))
            offer!(offers, site, new, 1, "along the other axis")
        end
    end
    isliteral(node) && return
    for other in (:tanh, :exp, :log)
        offer!(offers, site, entrywise(other, node), 3, other, " of ", node)
    end
    for other in setting.functions
        offer!(offers, site, Expr(:call, other, node), 3, other, " of ", node)
        site.value isa AbstractArray &&
            offer!(offers, site, entrywise(other, node), 3, other, " of ", node)
    end
    if site.value isa AbstractArray
        for other in (:vec, :sum, :maximum)
            offer!(offers, site, Expr(:call, other, node), 3, other, " of ", node)
        end
        length(site.shape) == 2 && !(1 in site.shape) && for axis in (1, 2)
            new = Expr(:call, :sum, node, Expr(:kw, :dims, axis))
            offer!(offers, site, new, 3, "the sum of ", node)
        end
    end
end

"Move a term into a factor, or out of one."
function rule_move(offers, setting, site)
    node = site.node
    if operates(node, SUMS) && length(node.args) == 3
        for i in 2:3
            product, term = node.args[i], node.args[5-i]
            operates(product, PRODUCTS) && length(product.args) == 3 || continue
            i == 3 && node.args[1] in SUBTRACTING && continue
            for j in 2:3
                sum = Expr(:call, node.args[1], product.args[j], term)
                offer!(offers, site, with(product, j, sum), 3, term, " added before the product")
            end
        end
    elseif operates(node, PRODUCTS) && length(node.args) == 3
        for j in 2:3
            sum = node.args[j]
            operates(sum, SUMS) && length(sum.args) == 3 || continue
            for i in 2:3
                kept = with(node, j, sum.args[i])
                new = with(sum, i, kept)
                offer!(offers, site, new, 3, sum.args[5-i], " added after the product")
            end
        end
    end
end

"Other forms of a whole statement: an update for an assignment, and the other way round."
function offer_forms!(offers, setting)
    statement = setting.statement
    at = Int[]
    while statement isa Expr && !is_assignment(statement) && holds_one(statement)
        push!(at, length(statement.args))
        statement = statement.args[end]
    end
    is_assignment(statement) || return
    site = Site(at, statement, nothing, nothing, 0, false)
    left, right = statement.args
    dotted = startswith(string(statement.head), ".")
    if updates(statement.head)
        operator = UPDATING[statement.head]
        new = of_parts(dotted ? :(.=) : :(=), statement.args)
        offer!(offers, site, new, 1, "assigned, not updated")
        for other in (:+=, :-=, :*=)
            new = dotted ? Symbol(".", other) : other
            offer!(offers, site, of_parts(new, statement.args), 1, "updated by ", other)
        end
        return
    end
    head(operator) = dotted ? Symbol(".", operator) : operator
    offer!(offers, site, of_parts(head(:+=), statement.args), 2, "added, not assigned")
    offer!(offers, site, of_parts(head(:-=), statement.args), 2, "taken away, not assigned")
    if operates(right, SUMS)
        for i in 2:length(right.args)
            right.args[i] == left || continue
            new = Expr(statement.head, left, without(right, i))
            offer!(offers, site, new, 1, "assigned, not added")
        end
    end
end

"Two variables of a statement that stand in each other's place."
function offer_swaps!(offers, setting)
    leaves = filter(setting.sites) do site
        site.index == 0 && (isname(site.node) || isentry(site.node))
    end
    for i in eachindex(leaves), j in i+1:min(length(leaves), MOST_LEAVES)
        a, b = leaves[i], leaves[j]
        a.node == b.node && continue
        a.address == b.address[1:min(end, length(a.address))] && continue # b is a part of a
        one = placed(setting.statement, a.address, 1, b.node)
        both = placed(one, b.address, 1, a.node)
        what = Any[a.node, " and ", b.node, " swapped"]
        push!(offers.list, Candidate(Int[], both, what, 2))
    end
end

const MOST_LEAVES = 12

"Whether an expression holds one other that is the statement proper, as `local x = 1` does."
holds_one(node) = (node.head in HOLDERS || node.head == :macrocall) && !isempty(node.args)
