# Where a part of the tree stands in the text, and how another is spelled in its place.

isword(c) = isletter(c) || isdigit(c) || c == '_' || c == '!' || c > '\x7f'

"Whether a token ends between two characters."
cuts(a, b) = !(isword(a) && isword(b)) && !(isdigit(a) && b == '.')

"All pieces of a text that read as an expression, the shortest of each beginning first."
function places_of(characters, first, last, @nospecialize(node))
    node isa Symbol && !isname(node) && return operators(characters, first, last, string(node))
    found = Tuple{Int,Int}[]
    # Its names have to be there; an operator may be unwritten, as in 2r.
    names = unique(filter(Base.isidentifier, symbols(node)))
    shown = map(collect ∘ string, names)
    for i in first:last
        isspace(characters[i]) && continue
        i == first || cuts(characters[i-1], characters[i]) || continue
        depth = 0
        for j in i:last
            c = characters[j]
            c in ('(', '[', '{') && (depth += 1)
            c in (')', ']', '}') && (depth -= 1)
            depth < 0 && break
            depth == 0 && c == '#' && break
            depth == 0 && !isspace(c) || continue
            j == last || cuts(c, characters[j+1]) || continue
            all(name -> holds(characters, i, j, name), shown) || continue
            reads_as(String(characters[i:j]), node) && push!(found, (i, j))
        end
    end
    return found
end

function holds(characters, i, j, name)
    n = length(name)
    for k in i:j-n+1
        characters[k] == name[1] && characters[k:k+n-1] == name && return true
    end
    return false
end

reads_as(text, @nospecialize(node)) = stripped(Meta.parse(text; raise = false)) == node

function operators(characters, first, last, text)
    shown = collect(text)
    n = length(shown)
    return Tuple{Int,Int}[
        (k, k + n - 1) for k in first:last-n+1 if characters[k:k+n-1] == shown
    ]
end

# How the new code is written ----------------------------------------------------------------------

"""
Spellings of an expression: what is in the old one keeps its own, and operators stand as close as
they do in the text around.
"""
function spellings(characters, first, last, @nospecialize(old), @nospecialize(new))
    kept = Tuple{String,String}[]
    marked = with_kept!(kept, characters, first, last, old, new, true)
    loose = code_of(marked)
    around = String(characters[first:last])
    found = String[]
    for code in (tight(loose, around), loose)
        plain, wrapped = code, code
        for (mark, source) in kept
            plain = replace(plain, mark => source)
            wrapped = replace(wrapped, mark => "($source)")
        end
        append!(found, [plain, wrapped, "($plain)", "($wrapped)"])
    end
    return unique(push!(found, code_of(new), "($(code_of(new)))"))
end

"The new expression with a name in the place of each largest part that the old one has as well."
function with_kept!(kept, characters, first, last, @nospecialize(old), @nospecialize(new), top)
    new isa Expr || return new
    if is_part(new, old) && !(new.head in UNKEPT)
        places = places_of(characters, first, last, new)
        if !isempty(places)
            i, j = places[1]
            mark = "xcheck_part_$(length(kept) + 1)_"
            push!(kept, (mark, String(characters[i:j])))
            return Symbol(mark)
        end
    end
    changed = Expr(new.head)
    for part in new.args
        push!(changed.args, with_kept!(kept, characters, first, last, old, part, false))
    end
    return changed
end

const UNKEPT = [:tuple, :parameters, :kw, :block]

function is_part(@nospecialize(node), @nospecialize(whole))
    node == whole && return true
    whole isa Expr || return false
    for part in whole.args
        is_part(node, part) && return true
    end
    return false
end

"With no blanks around the operators that have none in the text around."
function tight(code, around)
    for operator in ("*", ".*", "/", "./", "^", ".^", "+", "-", ".+", ".-")
        close = Regex("[\\w\\)\\]']\\Q$operator\\E[\\w\\(]")
        open = Regex("[\\w\\)\\]'] \\Q$operator\\E [\\w\\(]")
        usual = operator in ("^", ".^") || occursin(close, around)
        usual && !occursin(open, around) &&
            (code = replace(code, " $operator " => operator))
    end
    return code
end
