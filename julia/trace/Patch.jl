# An edit put into the text of a file, with as few characters changed as can be.
#
# Julia's parser says on which line a statement begins and nothing more, so the place of a part is
# found by reading: a piece of the text that parses to the part is one, and the right one is that
# with which the whole text parses to what is wanted.

"""
    patched(path, replacements, appended) -> (text, "") or (nothing, problem)

The text of the file with an edit put in. It parses to the edited tree; comments and the layout of
what is not touched stay as they are.
"""
function patched(path, replacements, appended)
    return attempt(path) do
        file = abspath(String(path))
        text = read(file, String)
        if !isempty(appended)
            text = string(text, endswith(text, '\n') || isempty(text) ? "" : "\n", appended)
        end
        for (address, code) in replacements
            at = parse.(Int, split(String(address)))
            new = stripped(Meta.parse(String(code)))
            found = put_in(text, at, new, file)
            found === nothing &&
                throw(Finding("$file: no way to write $(text_of_line(new)) into the text"))
            text = found
        end
        text
    end
end

text_of_line(@nospecialize(node)) = text(node)

"A text that is being changed: its characters, where its lines begin, and what it should parse to."
struct Draft
    file::String
    characters::Vector{Char}
    starts::Vector{Int} # of the lines, and one beyond the last
    wanted::Vector{Any}
end

"The expressions of a text, without line numbers; nothing where it cannot be read."
function read_text(text, file)
    found = Any[]
    keep(expression) = (expression isa LineNumberNode || push!(found, expression); nothing)
    try
        Base.include_string(keep, Module(:Parsed), text, file)
    catch e
        e isa InterruptException && rethrow()
        return nothing
    end
    return found
end

function put_in(text, at, @nospecialize(new), file)
    all = read_text(text, file)
    all === nothing && throw(Finding("$file: cannot be read"))
    old = node_at(all, at)
    wanted = Any[stripped(node) for node in all]
    wanted[at[1]] = stripped(replaced(all[at[1]], at[2:end], new))
    characters = collect(text)
    starts = [1; findall(isequal('\n'), characters) .+ 1]
    starts[end] > length(characters) || push!(starts, length(characters) + 1)
    draft = Draft(file, characters, starts, wanted)
    # The smallest part that differs, then those around it, up to the statement.
    for (part, was, becomes) in parts_that_differ(all, at, old, new)
        found = written(draft, all, part, was, becomes)
        found === nothing || return found
    end
    return reprinted(draft, all, at, new)
end

"""
The single part that differs between old and new code, innermost first: (address, old, new). Where
several differ, the smallest part that holds them all.
"""
function parts_that_differ(all, at, @nospecialize(old), @nospecialize(new))
    found = Any[(at, old, new)]
    while old isa Expr && new isa Expr && old.head == new.head
        mine, theirs = counted_parts(old), counted_parts(new)
        length(mine) == length(theirs) || break
        differing = filter(k -> stripped(mine[k][2]) != stripped(theirs[k][2]), eachindex(mine))
        length(differing) == 1 || break
        i, old = mine[differing[1]]
        new = theirs[differing[1]][2]
        at = below(at, i)
        pushfirst!(found, (at, old, new))
    end
    return found
end

counted_parts(node) =
    Tuple{Int,Any}[(i, part) for (i, part) in enumerate(node.args) if !(part isa LineNumberNode)]

"The text with one part replaced where it stands; nothing where no place is found."
function written(draft, all, at, @nospecialize(old), @nospecialize(new))
    first, last = span(draft, all, at)
    last - first > LONGEST && return nothing
    old = stripped(old)
    tries = Any[]
    for (i, j) in places_of(draft.characters, first, last, old)
        for code in spellings(draft.characters, first, last, old, stripped(new))
            push!(tries, (change(draft.characters[i:j], collect(code)), i, j, code))
        end
    end
    sort!(tries; by = one -> one[1], alg = MergeSort)
    for (_, i, j, code) in tries[1:min(TRIES, end)]
        text = spliced(draft.characters, i, j, code)
        is_wanted(draft, text) && return text
    end
    return nothing
end

"Characters of a statement that is searched at most, and texts that are tried."
const LONGEST = 600
const TRIES = 80

spliced(characters, i, j, code) =
    string(String(characters[1:i-1]), code, String(characters[j+1:end]))

function is_wanted(draft, text)
    found = read_text(text, draft.file)
    found === nothing && return false
    return Any[stripped(node) for node in found] == draft.wanted
end

"How many characters differ, not counting what is the same at both ends."
function change(old, new)
    shorter = min(length(old), length(new))
    same = 0
    while same < shorter && old[same+1] == new[same+1]
        same += 1
    end
    tail = 0
    while tail < shorter - same && old[end-tail] == new[end-tail]
        tail += 1
    end
    return length(old) + length(new) - 2 * (same + tail)
end

"First and last character of the lines of the statement at an address."
function span(draft, all, at)
    line, after = lines_of(all, at)
    lines = length(draft.starts) - 1
    line = clamp(line, 1, lines)
    after = clamp(after, line, lines)
    # Of the first expression of a file nothing says where it begins: not in the comments above.
    while line < after && is_blank(draft.characters[draft.starts[line]:draft.starts[line+1]-1])
        line += 1
    end
    return draft.starts[line], draft.starts[after+1] - 1
end

is_blank(line) = (i = findfirst(!isspace, line); i === nothing || line[i] == '#')

"The line on which the statement at an address begins, and the line of what comes after it."
function lines_of(all, at)
    seen = Tuple{Vector{Int},Int}[]
    for (i, node) in enumerate(all)
        line_numbers!(seen, node, [i])
    end
    line, own, after = 1, 0, typemax(Int)
    for (address, number) in seen
        if address < at
            line, own = number, address[1] == at[1] ? number : 0
        elseif own == 0 && address[1] == at[1]
            own = number # of a function, whose name and arguments come before its first number
        elseif after == typemax(Int) && number > max(line, own)
            address[1:min(end, length(at))] == at || (after = number)
        end
    end
    return line, after
end

function line_numbers!(seen, @nospecialize(node), at)
    node isa LineNumberNode && push!(seen, (at, node.line))
    node isa Expr || return
    for (i, part) in enumerate(node.args)
        node.head == :macrocall && i == 2 && continue
        line_numbers!(seen, part, below(at, i))
    end
end

"The statement around an address printed anew in the place of its lines."
function reprinted(draft, all, at, @nospecialize(new))
    n = length(at)
    while n > 1 && !ishead(node_at(all, at[1:n-1]), :block)
        n -= 1
    end
    statement = at[1:n]
    old = stripped(node_at(all, statement))
    code = code_of(replaced_in(all, statement, at, new))
    first, last = span(draft, all, statement)
    for (i, j) in places_of(draft.characters, first, min(last, first + LONGEST), old)
        indent = draft.starts[findlast(s -> s <= i, draft.starts)]
        margin = String(filter(isspace, draft.characters[indent:i-1]))
        text = spliced(draft.characters, i, j, replace(code, "\n" => "\n$margin"))
        is_wanted(draft, text) && return text
    end
    return nothing
end

replaced_in(all, statement, at, @nospecialize(new)) =
    stripped(replaced(node_at(all, statement), at[length(statement)+1:end], new))
