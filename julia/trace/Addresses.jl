# What is around an address of the syntax tree.

function node_at(all, at)
    at[1] <= length(all) || throw(Finding("no expression number $(at[1])"))
    node = all[at[1]]
    for i in at[2:end]
        node isa Expr && i <= length(node.args) ||
            throw(Finding("nothing at address $(join(at, " "))"))
        node = node.args[i]
    end
    return node
end

"Whether an address is that of a range or a condition."
function is_header(all, at)
    length(at) >= 3 || return false
    parent, grand = node_at(all, at[1:end-1]), node_at(all, at[1:end-2])
    if ishead(parent, :(=)) && at[end] == 2
        ishead(grand, :for) && return true
        return ishead(grand, :block) && length(at) >= 4 && ishead(node_at(all, at[1:end-3]), :for)
    end
    ishead(parent, :block) && return ishead(grand, :elseif) && at[end-1] == 1
    return parent isa Expr && parent.head in HEADED && at[end] == 1
end
const HEADED = [:while, :if, :elseif, :(&&), :(||)]

routine_around(all, at) = find_first(routines(all)) do routine
    length(routine.address) <= length(at) && at[1:length(routine.address)] == routine.address
end

function find_first(f, list)
    i = findfirst(f, list)
    return i === nothing ? nothing : list[i]
end

"The variables of the loops around an address, outermost first."
function loops_around(all, at)
    found, node = Symbol[], all[at[1]]
    for i in at[2:end]
        if ishead(node, :for) && i == 2
            headers = ishead(node.args[1], :block) ? node.args[1].args : Any[node.args[1]]
            foreach(header -> targets!(found, header.args[1]), headers)
        elseif ishead(node, :(->)) && i == 2
            append!(found, closure_of(node, Int[]).arguments)
        elseif ishead(node, :while) && i == 2
            append!(found, filter(s -> s in assigned(node.args[2]), symbols(node.args[1])))
        end
        node = node.args[i]
    end
    return unique(found)
end

functions_of_one(all) = unique(Symbol[
    r.name for r in routines(all) if length(r.arguments) == 1 && r.name != Symbol("")
])
