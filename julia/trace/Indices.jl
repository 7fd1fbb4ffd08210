# Rules for what counts: indices, constants, conditions and ranges.

function rule_index(offers, setting, site)
    node = site.node
    (isliteral(node) || node === :end || site.value isa Bool) && return
    counts = site.value isa Integer || site.value === nothing && site.index == 1
    counts && site.index < 2 || return
    cost = site.index == 1 ? 1 : 2
    offer!(offers, site, plus(node, -1), cost, node, " minus 1")
    offer!(offers, site, plus(node, 1), cost, node, " plus 1")
    site.index == 1 || return
    if operates(node, SHIFTS)
        for i in 2:length(node.args)
            offer!(offers, site, node.args[i], 1, node.args[i], " in place of ", node)
        end
    end
    for loop in setting.loops
        offer!(offers, site, loop, 2, loop, " in place of ", node)
        offer!(offers, site, Expr(:call, :-, loop, 1), 2, loop, " - 1 in place of ", node)
    end
end
const SHIFTS = [:+, :-, :max, :min]

"An expression of a whole number plus 1 or minus 1, as one would write it."
function plus(@nospecialize(node), n)
    node isa Int && return node + n
    if operates(node, SUMS) && length(node.args) == 3 && node.args[3] isa Int
        total = (node.args[1] == :- ? -node.args[3] : node.args[3]) + n
        total == 0 && return node.args[2]
        return Expr(:call, total < 0 ? :- : :+, node.args[2], abs(total))
    end
    return Expr(:call, n < 0 ? :- : :+, node, abs(n))
end

function rule_constant(offers, setting, site)
    node = site.node
    isliteral(node) || return
    for other in (node isa Int ? Any[node+1, node-1, 0, 1, 2] :
        Any[node*2, node/2, node*10, node/10, 0.0, 1.0, 2.0, 0.5, 1-node, -node])
        other == node || offer!(offers, site, other, 1, other, " in place of ", node)
    end
    node == 0 || offer!(offers, site, -node, 1, -node, " in place of ", node)
end

function rule_condition(offers, setting, site)
    node = site.node
    if calls(node, COMPARING) && length(node.args) == 3
        for other in COMPARING
            offer!(offers, site, with(node, 1, other), 2, other, " in place of ", node.args[1])
        end
        for i in 2:3
            part = node.args[i]
            cost = isliteral(part) ? 1 : 2
            offer!(offers, site, with(node, i, plus(part, 1)), cost, part, " plus 1")
            offer!(offers, site, with(node, i, plus(part, -1)), cost, part, " minus 1")
        end
    elseif ishead(node, :(&&)) || ishead(node, :(||))
        other = node.head == :(&&) ? :(||) : :(&&)
        offer!(offers, site, of_parts(other, node.args), 1, other, " in place of ", node.head)
    end
    if site.value isa Bool || calls(node, COMPARING)
        new = calls(node, [:!]) ? node.args[2] : Expr(:call, :!, node)
        offer!(offers, site, new, 2, "the opposite of ", node)
    end
end
const COMPARING = [:(==), :!=, :<, :(<=), :>, :(>=)]

function rule_range(offers, setting, site)
    node = site.node
    if calls(node, [:(:)])
        first, last, end_of = node.args[2], node.args[end], length(node.args)
        middle = node.args[3:end-1]
        step = isempty(middle) ? 1 : middle[1]
        reversed = step == -1 ? Expr(:call, :(:), last, first) :
            Expr(:call, :(:), last, isempty(middle) ? -1 : negative(step), first)
        offer!(offers, site, reversed, 1, "the other way round")
        for n in (1, -1)
            change = n > 0 ? "plus 1" : "minus 1"
            early, late = with(node, 2, plus(first, n)), with(node, end_of, plus(last, n))
            offer!(offers, site, early, 2, "the beginning ", change)
            offer!(offers, site, late, 2, "the end ", change)
            offer!(offers, site, with(early, end_of, plus(last, n)), 3, "both ends ", change)
        end
        isempty(middle) || offer!(offers, site, op(:(:), first, last), 1, "without the step")
    elseif calls(node, [:reverse])
        offer!(offers, site, node.args[2], 1, "not reversed")
    elseif site.top && calls(node, [:eachindex, :enumerate])
        offer!(offers, site, Expr(:call, :reverse, node), 1, "reversed")
    end
end
