# What the tests of Trace.jl are made of: a file with code of every form, and recordings as values.

const NASTY = """
const SCALE = 1.0
dtanh(h) = 1 .- h .* h
struct Cell; gain::Float64; end
(c::Cell)(x) = c.gain .* tanh.(x)
const CELL = Cell(1.0)
"A step."
function step!(h, t, x, hPrev; scale = 1.0, shift = begin 0.0 end)
    before = t == 1 ? hPrev : h[t-1]
    @views h[t] = CELL(scale .* (x[t]' * Wxh + before * Whh .+ Bh) .+ shift)
    nothing
end
@inline function logits(row)::Matrix{Float64}
    row * Why .+ By
end
forwardRNN(x, y, h, p, hPrev) = begin
    local total = 0.0
    count, (first, rest) = 0, (1.0, 2.0)
    losses = Float64[]
    table = zeros(length(x), size(Whh, 1))
    for (t, w) in enumerate(x)
        step!(h, t, x, hPrev; scale = SCALE)
        @inbounds for j in 1:size(h[t], 2)
            table[t, j] = h[t][1, j]
        end
        score = let z = logits(h[t]), m = maximum(real.(z))
            z .- m
        end
        s = e = exp.(score)
        t > 0 && (s = sum(e); s += 0)
        p[t] = vec(e ./ s)
        push!(losses, -log(sum(p[t] .* y[t])))
        opts = (a = 1, b = t)
        count += opts.a
        q = [u for u in 1:3 if u > 1]
        total = if isodd(t)
            extra = losses[end]
            total + extra
        else
            total + losses[t]
        end
    end
    k = 0
    while true
        k += 1
        k > 2 && break
    end
    later = 1
    if false
        notyet = 3
    end
    later += @isdefined(notyet) ? notyet : 0
    try
        error("caught")
    catch err
        later = 2
    finally
        later += 0
    end
    check = sum(map(v -> v^2, losses))
    total
end
function backwardRNN(x, y, h, p, hPrev)
    T = length(x)
    dWxh, dWhh, dBh, dWhy, dBy = map(zero, (Wxh, Whh, Bh, Why, By))
    carry = zero(hPrev)
    dys = Vector{Any}(undef, T)
    buffer = similar(Whh)
    foreach(1:T) do t
        dys[t] = (p[t] - y[t])'
    end
    function add(dW, a, b)
        dW .+= a * b
        return dW
    end
    for k in 1:T
        t = T - k + 1
        dy = dys[t]
        dWhy += h[t]' * dy
        @. dBy += dy
        raw = begin
            inner = (carry + dy * Why')
            inner .* dtanh(h[t])
        end
        for i in 1:size(Wxh, 1)
            x[t][i] != 0 || continue
            dWxh[i, :] .+= vec(x[t][i] .* raw)
        end
        copyto!(buffer, (t == 1 ? hPrev : h[t-1])' * raw)
        add(dWhh, (t == 1 ? hPrev : h[t-1])', raw)
        dBh = dBh .+ raw
        f = z -> (w = z * Whh'; w)
        global LAST = carry = f(raw)
    end
    dWxh, dWhh, dBh, dWhy, dBy
end
"""

"The faults of a file: what Faults.jl plants."
function planted(path)
    found, problem = Faults.list(path, nothing, NAMES, ["Wxh"], CASE...)
    problem == "" || error(problem)
    return found[1]
end

const CASE = (weights(4, 3, 3), WORDS, TAGS, wave(1, 3, 6), (4, 3))
const ALL = 1 << 62

"Statements, events, run and problem of a file, the values taken out of the pools."
function recorded(
    path; scopes = String[], sketch_over = ALL, full = Int[], replacements = (), appended = "",
)
    found, problem = Trace.record(
        path, NAMES, replacements, appended, nothing, (sketch_over, scopes, full), CASE...,
    )
    problem == "" || error(problem)
    statements, tape, run, problem = found
    return (statements = statements, events = events_of(tape), run = run, problem = problem)
end

function events_of(tape)
    values = values_of(tape)
    value(v) = v < 0 ? nothing : values[v+1]
    accesses = [
        (name = tape.names[a[1]+1], step = step_or_none(a[2]), value = value(a[3]))
        for a in eachcol(reshape(tape.accesses, 3, :))
    ]
    scopes, i = Dict{Int,Dict{String,Any}}(), 1
    while i <= length(tape.scopes)
        event, name, is_list, count = tape.scopes[i:i+3]
        held = Any[value(v) for v in tape.scopes[i+4:i+3+count]]
        i += 4 + count
        get!(scopes, event, Dict())[tape.names[name+1]] = is_list == 1 ? held : held[1]
    end
    return [
        (
            statement = e[1] + 1, backward = e[2] == 1, call = e[3],
            step = step_or_none(e[4]), threw = e[5] == 1,
            reads = accesses[e[6]+1:e[6]+e[7]], writes = accesses[e[8]+1:e[8]+e[9]],
            scope = get(scopes, i - 1, Dict{String,Any}()),
        ) for (i, e) in enumerate(eachcol(reshape(tape.events, 9, :)))
    ]
end

step_or_none(step) = step == typemin(Int) ? nothing : step

function values_of(tape)
    found, i = Any[], 1
    doubles = findfirst(==("float64"), tape.types)
    while i <= length(tape.values)
        kind, offset, axes = tape.values[i:i+2]
        shape = Tuple(tape.values[i+3:i+2+axes])
        i += 3 + axes
        if kind < 0
            norm, projection = tape.pools[doubles][offset+1:offset+2]
            digest = tape.digests[-kind]
            push!(found, (shape = shape, norm = norm, projection = projection, digest = digest))
        else
            flat = tape.pools[kind][offset+1:offset+prod(shape)]
            by_columns = axes == 0 ? flat[1] : reshape(flat, reverse(shape))
            push!(found, axes == 0 ? by_columns : permutedims(by_columns, axes:-1:1))
        end
    end
    return found
end

"The events of the statement with this text, of which there must be one."
function events_of(r, text)
    k = findall(s -> s[4] == text, r.statements)
    length(k) == 1 || error("$(length(k)) statements are: $text")
    return filter(e -> e.statement == k[1], r.events)
end

"Names, with the step where there is one."
shown(accesses) = [a.step === nothing ? a.name : "$(a.name)[$(a.step)]" for a in accesses]
