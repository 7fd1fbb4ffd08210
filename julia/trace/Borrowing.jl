# Rules that bring something in: other variables, more terms and factors; and a list of all rules.

"Take another variable, entry or expression of the same shape."
function rule_variable(offers, setting, site)
    node, shape = site.node, site.shape
    site.index > 0 && return
    plain = node isa Symbol || isentry(node)
    if shape === nothing # it threw, as h[0] does
        plain && setting.known && for item in setting.items
            item.cost < 2 && instead!(offers, site, item.node, node, 2 + item.cost)
        end
        return
    end
    for item in setting.items
        item.node == node && continue
        other = item.shape
        (item.isbool) == (site.value isa Bool) || continue
        cost = 2 + item.cost + (plain ? 0 : 1)
        if other == shape
            instead!(offers, site, item.node, node, cost)
        elseif length(shape) == 2 && is_flipped(other, shape)
            instead!(offers, site, flip(item.node), node, cost + 1)
        elseif is_upright(other, shape)
            instead!(offers, site, Expr(:call, :vec, item.node), node, cost + 1)
        end
    end
end

"Add something that fits, or take it away."
function rule_term(offers, setting, site)
    node, shape = site.node, site.shape
    (shape === nothing || site.index > 0 || isliteral(node) || site.value isa Bool) && return
    for item in setting.items
        item.cost > 1 && !site.top && !operates(node, SUMS) && continue
        item.isbool && continue
        item.node == node && continue
        other = item.shape
        term, dot = item.node, false
        if other == shape
        elseif length(shape) == 2 && is_flipped(other, shape)
            term = flip(term)
        elseif is_upright(other, shape)
            term = Expr(:call, :vec, term)
        elseif !isempty(shape) && stretches(other, shape) && item.cost == 0
            dot = true
        elseif site.top && isempty(shape) && item.cost < 2
            offer!(offers, site, Expr(:call, :.+, item.node, node), 4, item.node, " added")
            offer!(offers, site, Expr(:call, :.-, item.node, node), 4, item.node, " minus it")
            continue
        else
            continue
        end
        cost = 3 + item.cost + (site.top || operates(node, OPERATORS) ? 0 : 1)
        offer!(offers, site, Expr(:call, dot ? :.+ : :+, node, term), cost, term, " added")
        offer!(offers, site, Expr(:call, dot ? :.- : :-, node, term), cost, term, " taken away")
    end
end

is_flipped(small, shape) =
    length(small) == 2 ? small[1] == shape[2] && small[2] == shape[1] :
    length(small) == 1 && shape[1] == 1 && shape[2] == small[1]

"Whether a vector has one shape and a row or a column of as many entries the other."
is_upright(row, shape) = length(shape) == 1 && length(row) == 2 && 1 in row && prod(row) == shape[1]

"Whether an array of one shape can be added to one of another without making that larger."
function stretches(small, large)
    length(small) <= length(large) || return false
    for (i, n) in enumerate(small)
        n == 1 || n == large[i] || return false
    end
    return true
end

"Multiply by something that fits: entry by entry, or as a matrix product."
function rule_factor(offers, setting, site)
    node, shape = site.node, site.shape
    (shape === nothing || site.index > 0 || isliteral(node) || site.value isa Bool) && return
    extra = site.top || operates(node, OPERATORS) ? 0 : 1
    for item in setting.items
        item.isbool && continue
        other = item.shape
        cost = 3 + item.cost + extra
        if other == shape || (!isempty(shape) && stretches(other, shape))
            item.cost > 1 && !site.top && continue
            offer!(offers, site, Expr(:call, :.*, node, item.node), cost, "times ", item.node)
            offer!(offers, site, op(:./, node, item.node), cost + 1, "divided by ", item.node)
            if other == shape && !isempty(shape) && item.cost < 2
                for derivative in derivatives(item.node)[1:3]
                    new = op(:.*, node, derivative)
                    offer!(offers, site, new, cost + 1, "times ", derivative)
                end
            end
        end
        isempty(shape) && site.top && !isempty(other) && item.cost < 2 &&
            offer!(offers, site, op(:.*, node, item.node), cost, "times ", item.node)
        item.cost < 2 && matrix_products!(offers, site, item, shape, other, cost)
    end
end

function matrix_products!(offers, site, item, shape, other, cost)
    (isempty(other) || isempty(shape) || length(other) > 2 || length(shape) > 2) && return
    m, n = rows_of(shape), columns_of(shape)
    for factor in fitting(item)
        n == factor.rows &&
            offer!(offers, site, op(:*, site.node, factor.node), cost, "times ", factor.node)
        m == factor.columns &&
            offer!(offers, site, op(:*, factor.node, site.node), cost, factor.node, " times it")
    end
end

"Something that can be a factor of a matrix product."
struct Factor
    node::Any
    rows::Int
    columns::Int
end

"A matrix or vector as it is and transposed."
function fitting(item)
    m, n = rows_of(item.shape), columns_of(item.shape)
    return Factor[Factor(item.node, m, n), Factor(flip(item.node), n, m)]
end
rows_of(shape) = shape[1]
columns_of(shape) = length(shape) == 1 ? 1 : shape[2]

"""
Add a product of two things that has the right shape: the one rule that looks at pairs, and so the
last that is tried.
"""
function rule_product(offers, setting, site)
    node, shape = site.node, site.shape
    (shape === nothing || site.index > 0 || isliteral(node) || site.value isa Bool) && return
    length(shape) > 2 && return
    factors = Factor[]
    for item in setting.items
        other = item.shape
        item.cost < 2 && !isempty(other) && length(other) <= 2 && append!(factors, fitting(item))
    end
    for left in factors, right in factors
        left.columns == right.rows || continue
        product = Expr(:call, :*, left.node, right.node)
        if isempty(shape)
            left.rows == right.columns == 1 || continue
            product = Expr(:call, :sum, product)
        elseif left.rows != rows_of(shape) || right.columns != columns_of(shape)
            continue
        end
        offer!(offers, site, Expr(:call, :.+, node, product), 5, product, " added")
        offer!(offers, site, Expr(:call, :.-, node, product), 5, product, " taken away")
    end
end

"A mean in place of a sum, or a sum in place of a mean."
function rule_mean(offers, setting, site)
    node = site.node
    (site.index > 0 || isliteral(node) || site.shape === nothing) && return
    site.value isa Bool && return
    cost = site.top ? 3 : 4
    for (name, value) in counted(setting)
        count = Expr(:call, :length, name)
        value > 1 || continue
        offer!(offers, site, Expr(:call, :/, node, count), cost, "divided by ", count)
        offer!(offers, site, Expr(:call, :*, node, count), cost, "times ", count)
    end
end

"Divided by the sum, or without the largest, as in a softmax."
function rule_norm(offers, setting, site)
    node = site.node
    site.value isa AbstractArray && site.index == 0 || return
    offer!(offers, site, op(:./, node, Expr(:call, :sum, node)), 4, "divided by its sum")
    offer!(offers, site, op(:.-, node, Expr(:call, :maximum, node)), 4, "minus its largest")
end

"Lists and vectors of different lengths."
function counted(setting)
    found = Tuple{Symbol,Int}[]
    for name in sort!(collect(keys(setting.bench.variables)))
        value = setting.bench.variables[name]
        value isa Vector || continue
        known = false
        for (_, count) in found
            known |= count == length(value)
        end
        known || push!(found, (name, length(value)))
    end
    return found
end

const RULES = Any[
    rule_transpose, rule_sign, rule_kind, rule_order, rule_drop, rule_index, rule_constant,
    rule_condition, rule_range, rule_return, rule_power, rule_double, rule_function, rule_move,
    rule_variable, rule_term, rule_factor, rule_mean, rule_norm,
]

"The rules for a range or a condition of which nothing is known."
const HEADER_RULES = Any[rule_range, rule_condition, rule_constant, rule_sign, rule_order]

const LAST_RULES = Any[rule_product]

"The rules whose candidates are few, of which two may be wrong at the same time."
const SMALL_RULES = Any[
    rule_transpose, rule_sign, rule_kind, rule_order, rule_drop, rule_index, rule_constant,
    rule_condition, rule_range, rule_power,
]

"The rules for the second of two edits."
const SECOND_RULES = Any[SMALL_RULES; rule_variable]
