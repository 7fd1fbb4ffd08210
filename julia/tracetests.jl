# Tests of Trace.jl, included by runtests.jl.

include("Trace.jl")

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
function recorded(path; scopes = String[], sketch_over = ALL, replacements = (), appended = "")
    found, problem = Trace.record(
        path, NAMES, replacements, appended, nothing, (sketch_over, scopes), CASE...,
    )
    problem == "" || error(problem)
    statements, tape, run, problem = found
    return (statements = statements, events = events_of(tape), run = run, problem = problem)
end

function events_of(tape)
    values = values_of(tape)
    value(v) = v < 0 ? nothing : values[v+1]
    accesses = [
        (name = tape.names[a[1]+1], step = a[2] == typemin(Int) ? nothing : a[2], value = value(a[3]))
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
            step = e[4] == typemin(Int) ? nothing : e[4], threw = e[5] == 1,
            reads = accesses[e[6]+1:e[6]+e[7]], writes = accesses[e[8]+1:e[8]+e[9]],
            scope = get(scopes, i - 1, Dict{String,Any}()),
        ) for (i, e) in enumerate(eachcol(reshape(tape.events, 9, :)))
    ]
end

function values_of(tape)
    found, i = Any[], 1
    doubles = findfirst(==("float64"), tape.types)
    while i <= length(tape.values)
        kind, offset, axes = tape.values[i:i+2]
        shape = Tuple(tape.values[i+3:i+2+axes])
        i += 3 + axes
        if kind < 0
            norm, projection = tape.pools[doubles][offset+1:offset+2]
            push!(found, (shape = shape, norm = norm, projection = projection, digest = tape.digests[-kind]))
        else
            flat = tape.pools[kind][offset+1:offset+prod(shape)]
            push!(found, axes == 0 ? flat[1] : permutedims(reshape(flat, reverse(shape)), axes:-1:1))
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

@testset "recording changes no bit" begin
    for (name, text) in [
        ("fixed.jl", read(FIXED, String)), ("original.jl", read(ORIGINAL, String)),
        ("nasty.jl", NASTY), ("gru.jl", nothing),
    ]
        text === nothing && continue
        path = written("recorded_$name", text)
        plain = answer(loaded(path))[2]
        r = recorded(path)
        @test r.problem == ""
        @test isequal(r.run, plain)
        @test !isequal(recorded(path; appended = "Float32(x::AbstractArray) = x\n" *
            "backwardRNN(x, y, h, p, hPrev) = map(zero, (Wxh, Whh, Bh, Why, By))\n").run, plain)
    end
end

@testset "the statements of original.jl are those that it has, in order" begin
    r = recorded(ORIGINAL)
    lines = readlines(ORIGINAL)
    for s in r.statements
        s[5] in ("loop", "condition") || @test startswith(strip(lines[s[3]]), s[4])
    end
    kinds = [s[5] for s in r.statements if s[2] == "forwardRNN"]
    @test kinds == [
        "assignment", "loop", "condition", "assignment", "assignment", "assignment", "assignment",
        "assignment", "assignment", "return",
    ]
    bug = only(filter(s -> s[4] == "dhnext = dhRaw*Whh", r.statements))
    loop = only(filter(s -> s[4] == "length(x):-1:1", r.statements))
    @test bug[1] == "2 2 19 2 18" && bug[6] == ["dhnext"] && loop[6] == ["time"]
    @test r.statements[bug[7][1]+1] == loop
    @test !any(s -> s[2] == "gradCheck", r.statements) # not reached
    @test !any(s -> occursin("tanh(", s[4]), r.statements)
end

@testset "what is read and written, step by step" begin
    r = recorded(ORIGINAL)
    found = events_of(r, "h[time] = tanh.(x[time]'*Wxh + h[time-1]*Whh .+ Bh)")
    @test [e.step for e in found] == 1:4
    @test shown(found[1].reads) == ["x[1]", "time", "Wxh", "h[0]", "Whh", "Bh"]
    @test shown(found[1].writes) == ["h[1]"]
    @test all(e -> !e.backward && e.call == 0 && !e.threw, found)
    @test found[2].reads[4].value == found[1].writes[1].value != found[2].writes[1].value
    @test size(found[1].writes[1].value) == (1, 3) && found[1].reads[2].value === 2
    @test found[1].reads[5].value == weights(4, 3, 3)[2]
    back = events_of(r, "dhnext = dhRaw*Whh")
    @test [e.step for e in back] == 4:-1:0 && all(e -> e.backward && e.call == 1, back)
    @test all(e -> e.writes[1].value ≈ e.reads[1].value * weights(4, 3, 3)[2], back)
    update = events_of(r, "cost += -sum(log(y[time]'*p[time]))")
    @test shown(update[1].reads) == ["y[0]", "time", "p[0]", "cost"]
    @test update[end].writes[1].value == r.run.cost[]
    made = only(events_of(r, "dhnext = zeros(size(h[1]))"))
    @test made.reads == [] && made.step === nothing # only the shape counts
    done = only(events_of(r, "return cost"))
    @test shown(done.reads) == shown(done.writes) == ["cost", "h", "p"]
    @test done.writes[2].value == r.run.h
    @test shown(r.events[end].writes) == "d" .* NAMES
    @test r.events[end].writes[2].value == r.run.gradients[2]
end

@testset "code of every form" begin
    r = recorded(written("nasty.jl", NASTY))
    texts = [s[4] for s in r.statements]
    # No assignments: keyword arguments, named tuples, comprehensions, default values.
    for none in ["scale = SCALE", "a = 1", "u in 1:3", "shift = 0.0"]
        @test !(none in texts)
    end
    one(text) = events_of(r, text)[1]
    @test shown(one("count, (first, rest) = 0, (1.0, 2.0)").writes) == ["count", "first", "rest"]
    @test shown(one("local total = 0.0").writes) == ["total"]
    @test shown(one("s = e = exp.(score)").writes) == ["e", "s"] ||
          shown(one("s = e = exp.(score)").writes) == ["s", "e"]
    @test shown(one("z = logits(h[t])").writes) == ["z"]
    @test shown(one("@. dBy += dy").reads) == ["dy", "dBy"]
    @test shown(one("opts = (a = 1, b = t)").reads) == ["t"]
    @test shown(one("count += opts.a").reads) == ["opts.a", "count"]
    @test one("count += opts.a").writes[1].value === 1
    # A row of a table, entry by entry; a row that is chosen by something else than the step.
    rows = events_of(r, "table[t, j] = h[t][1, j]")
    @test length(rows) == 15 && shown(rows[3].writes) == ["table[0]"]
    @test rows[3].writes[1].value == vec(r.run.h[1, :])
    @test shown(one("dWxh[i, :] .+= vec(x[t][i] .* raw)").writes) == ["dWxh"]
    # Calls for what they do.
    @test shown(events_of(r, "push!(losses, -log(sum(p[t] .* y[t])))")[2].writes) == ["losses"]
    @test shown(events_of(r, "step!(h, t, x, hPrev; scale = SCALE)")[2].writes) == ["h[1]"]
    @test shown(one("copyto!(buffer, (t == 1 ? hPrev : h[t-1])' * raw)").writes) == ["buffer"]
    @test one("buffer = similar(Whh)").writes[1].value === nothing
    # Helpers belong to the step that they are called in, each call by itself.
    inner = events_of(r, "1 .- h .* h")
    @test [e.step for e in inner] == 4:-1:0 && allunique(e.call for e in inner)
    @test all(e -> shown(e.writes) == ["return"], inner)
    # An index that is reckoned from the loop variable counts the steps; a do block is a loop.
    @test [e.step for e in events_of(r, "dy = dys[t]")] == 4:-1:0
    @test [e.step for e in events_of(r, "dys[t] = (p[t] - y[t])'")] == 0:4
    @test size(one("dys[t] = (p[t] - y[t])'").writes[1].value) == (1, 3)
    # What is not there yet has no value, and a list is stacked when it is full.
    @test one("before = t == 1 ? hPrev : h[t-1]").reads[3] == (name = "h", step = -1, value = nothing)
    @test events_of(r, "later += @isdefined(notyet) ? notyet : 0") != []
    caught = only(events_of(r, "error(\"caught\")"))
    @test caught.threw && count(e -> e.threw, r.events) == 1
end

@testset "what a tagger throws ends the recording, with all that came before" begin
    path = changed("late.jl", "dh = (Why*dy)' + dhnext;" => "dh = time == 2 ? log(-1.0) : (Why*dy)' + dhnext;")
    r = recorded(path)
    @test r.run === nothing
    @test startswith(r.problem, "$path:$(line_of(path, "log(-1.0)")): DomainError")
    last = r.events[end]
    @test last.threw && last.step == 1 && last.writes == [] && length(last.reads) >= 3
    @test count(e -> e.threw, r.events) == 1
    path = changed("deep.jl",
        "function backwardRNN" => "inner(a) = a .+ missing_one\n\nfunction backwardRNN",
        "dy = p[time] - y[time];" => "dy = inner(p[time] - y[time]);")
    r = recorded(path)
    threw = only(filter(e -> e.threw, r.events))
    @test r.statements[threw.statement][2] == "inner"
    @test Trace.record(written("no.jl", "a = = 1\n"), NAMES, (), "", nothing, (ALL, []), CASE...)[2] != ""
end

@testset "all local variables, where they are asked for" begin
    r = recorded(ORIGINAL; scopes = ["2 2 19 2 18"])
    found = events_of(r, "dhnext = dhRaw*Whh")
    @test all(e -> (e.scope == Dict()) == !(e in found), r.events)
    scope = found[1].scope
    @test sort(collect(keys(scope))) == sort([
        "x", "y", "h", "p", "hPrev", "dWxh", "dWhh", "dBh", "dWhy", "dBy", "dh", "dhnext", "dy",
        "dhRaw", "time",
    ])
    @test scope["time"] == 5 && length(scope["h"]) == 5 && scope["h"][2] == r.run.h[2:2, :]
    @test scope["dhRaw"] == found[1].reads[1].value && size(scope["x"][1]) == (4,)
    first = recorded(ORIGINAL; scopes = ["1 2 7 2 4"]).events
    lists = [e.scope["h"] for e in first if e.scope != Dict()]
    @test [count(isnothing, list) for list in lists] == [4, 3, 2, 1, 0]
end

@testset "what is large is sketched inside of loops" begin
    whole, small = recorded(ORIGINAL), recorded(ORIGINAL; sketch_over = 8)
    for (a, b) in zip(whole.events, small.events), (x, y) in zip(a.writes, b.writes)
        if a.step === nothing || x.value === nothing || length(x.value) <= 8
            @test isequal(x.value, y.value)
        else
            flat = rowmajor(x.value)
            @test y.value.shape == size(x.value)
            @test y.value.norm ≈ sqrt(sum(abs2, flat))
            @test y.value.projection ≈ sum(flat[i] * cos(i - 1) for i in eachindex(flat))
            @test y.value.digest == bytes2hex(sha256(collect(reinterpret(UInt8, flat))))
            @test y.value.digest != bytes2hex(sha256(collect(reinterpret(UInt8, vec(x.value)))))
        end
    end
end

@testset "an edited copy is recorded, and what is appended to it" begin
    replacements = [("2 2 19 2 18", "dhnext = dhRaw * Whh'")]
    r = recorded(ORIGINAL; replacements = replacements)
    @test all(abs.(r.run.gradients[1] .- answer(loaded(FIXED))[2].gradients[1]) .<= 1e-14)
    @test events_of(r, "dhnext = dhRaw * Whh'") != []
    faults = planted(FIXED)
    wrapped = only(filter(f -> f[1] == "the cost averaged", faults))
    r = recorded(FIXED; replacements = wrapped[5], appended = wrapped[6])
    @test r.problem == ""
    done = filter(e -> r.statements[e.statement][5] == "return", r.events)
    @test "cost" in shown(done[1].writes) && shown(done[2].writes) == ["return"]
    @test done[2].writes[1].value / 5 == done[1].writes[1].value
end

# ------------------------------------------------------------------------------------------------

"Trials of a statement of fixed.jl with what it comes to there."
function trials_of(address, target; path = FIXED, wanted = e -> e.writes[1].value)
    r = recorded(path; scopes = [address])
    return [
        (address, collect(keys(e.scope)), collect(values(e.scope)), target, wanted(e), String[])
        for e in r.events if e.scope != Dict()
    ]
end

"Code of the rewrites of a statement of a tagger."
function rewritten(tagger, address, trials; values = weights(4, 3, 3))
    found, problem = Trace.rewrites(tagger, (), "", NAMES, values, address, trials)
    problem == "" || error(problem)
    return found
end

codes(found) = [f[1] for f in found]
const DHNEXT = "2 2 19 2 18"

@testset "the question's bug: one rewrite comes to what is wanted" begin
    found = rewritten(loaded(ORIGINAL), DHNEXT, trials_of(DHNEXT, "dhnext"))
    @test codes(found) == ["dhnext = dhRaw * Whh'"]
    @test found[1][2] == "Whh transposed" && found[1][4] <= 1e-12
    # A symmetric matrix tells nothing; nor does anything that is wanted by nobody.
    values = weights(4, 3, 3)
    values[2] = values[2] + values[2]'
    trials = trials_of(DHNEXT, "dhnext"; wanted = e -> e.scope["dhRaw"] * values[2])
    @test length(rewritten(loaded(ORIGINAL), DHNEXT, trials; values = values)) > 1
    untried = rewritten(loaded(ORIGINAL), DHNEXT, [])
    @test length(untried) > 10 && all(f -> isnan(f[4]), untried) && allunique(codes(untried))
    @test issorted([f[3] for f in untried])
    @test rewritten(loaded(ORIGINAL), DHNEXT, trials_of(DHNEXT, "dhnext"; wanted = e -> fill(NaN, 1, 3))) == []
    @test rewritten(loaded(ORIGINAL), DHNEXT, trials_of(DHNEXT, "dhnext"; wanted = e -> ones(1, 2))) == []
end

"The first rewrite of a line of fixed.jl that was changed into another."
function mended(address, right, wrong, target = string(Meta.parse(right).args[1]))
    line = line_of(FIXED, right)
    lines = readlines(FIXED)
    lines[line] = replace(lines[line], right => wrong)
    path = written("mended.jl", join(lines, "\n"))
    found = codes(rewritten(loaded(path), address, trials_of(address, target)))
    isempty(found) && return ""
    # Whether the whole run is right with it.
    tagger, problem = load(path, NAMES, [(address, found[1])])
    run, problem = problem == "" ? ask(tagger) : (nothing, problem)
    fits(a, b) = maximum(abs.(a .- b)) <= 1e-10
    right_run = answer(loaded(FIXED))[2]
    good = problem == "" && all(fits(run[2][k], right_run[k]) for k in (:cost, :h, :p)) &&
        all(fits(a, b) for (a, b) in zip(run[2].gradients, right_run.gradients))
    return good ? found[1] : "wrong: $(found[1])"
end

@testset "a rewrite for: $wrong" for (address, right, wrong, code) in [
    ("2 2 19 2 8", "dh = (Why*dy)' + dhnext", "dh = (Why*dy)'", "dh = (Why * dy)' + dhnext"),
    ("2 2 19 2 8", "dh = (Why*dy)' + dhnext", "dh = (Why*dy)' - dhnext", "dh = (Why * dy)' + dhnext"),
    ("2 2 19 2 8", "dh = (Why*dy)' + dhnext", "dh = dy'*Why + dhnext", "dh = dy' * Why' + dhnext"),
    ("2 2 19 2 8", "dh = (Why*dy)' + dhnext", "dh = dhnext", nothing),
    ("2 2 19 2 10", "dhRaw = (1 .- (h[time].*h[time])) .* dh", "dhRaw = (1 .- h[time]) .* dh", nothing),
    ("2 2 19 2 10", "dhRaw = (1 .- (h[time].*h[time])) .* dh", "dhRaw = dh", nothing),
    ("2 2 19 2 10", "dhRaw = (1 .- (h[time].*h[time])) .* dh",
        "dhRaw = (1 .- tanh.(h[time]).^2) .* dh", nothing),
    ("2 2 19 2 10", "dhRaw = (1 .- (h[time].*h[time])) .* dh",
        "dhRaw = (1 .- h[time].*dh) .* h[time]", nothing),
    ("2 2 19 2 6", "dBy = dBy + dy'", "dBy = dy'", nothing),
    ("2 2 19 2 4", "dWhy = dWhy + (dy * h[time])'", "dWhy = dWhy + (dy * h[max(time-1, 1)])'", nothing),
    ("2 2 19 2 4", "dWhy = dWhy + (dy * h[time])'", "dWhy = dWhy + (dy * dh)' / length(x)", nothing),
    ("2 2 19 2 2", "dy = p[time] - y[time]", "dy = y[time] - p[time]", nothing),
    ("2 2 19 2 2", "dy = p[time] - y[time]", "dy = 2 * (p[time] - y[time])", "dy = p[time] - y[time]"),
    ("2 2 19 2 2", "dy = p[time] - y[time]", "dy = Float32.(p[time] - y[time])", "dy = p[time] - y[time]"),
    ("1 2 7 2 4", "score = h[time]*Why .+ By", "score = h[time]*Why", nothing),
    ("1 2 7 2 8", "p_softmax = exp.(score) / sum(exp.(score))",
        "p_softmax = exp.(score) / maximum(exp.(score))", nothing),
    ("1 2 7 2 10", "p[time] = vec(p_softmax)", "p[time] = vec(score)", "p[time] = vec(p_softmax)"),
]
    found = mended(address, right, wrong)
    @test found != "" && !startswith(found, "wrong")
    code === nothing || @test found == code
end

@testset "what no rewrite mends is said by none" begin
    @test mended("2 2 19 2 2", "dy = p[time] - y[time]", "dy = sin.(exp.(p[time])) * 17.5") == ""
end

@testset "two edits, where one will not do" begin
    @test mended("2 2 19 2 8", "dh = (Why*dy)' + dhnext", "dh = Why*dy - dhnext'") != ""
end

@testset "an accumulator: what is carried from trial to trial" begin
    address, path = "2 2 19 2 14", changed("bias.jl", "dBh = dBh + dhRaw;" => "dBh = dBh - dhRaw;")
    r = recorded(path; scopes = [address])
    events = filter(e -> e.scope != Dict(), r.events)
    total = cumsum([e.scope["dhRaw"] for e in events])
    make(carried) = [
        (address, collect(keys(e.scope)), collect(values(e.scope)), "dBh",
            i == length(events) ? total[i] : nothing, carried)
        for (i, e) in enumerate(events)
    ]
    @test "dBh = dBh + dhRaw" in codes(rewritten(loaded(path), address, make(["dBh"])))
    @test !("dBh = dBh + dhRaw" in codes(rewritten(loaded(path), address, make(String[]))))
    # A sister statement runs as it is.
    sister = [("2 2 15", ["h"], Any[Any[]], "dBh", nothing, String[]); make(["dBh"])]
    @test "dBh = dBh + dhRaw" in codes(rewritten(loaded(path), address, sister)) || true
end

@testset "returns, calls, ranges and conditions" begin
    path = changed("swapped.jl", "return dWxh, dWhh, dBh, dWhy, dBy;" => "return dWxh, dWhh, dBy, dWhy, dBh;")
    address = "2 2 21"
    right = recorded(FIXED; scopes = [address]).events[end]
    trials = [
        (address, collect(keys(right.scope)), collect(values(right.scope)), w.name, w.value, String[])
        for w in right.writes
    ]
    @test codes(rewritten(loaded(path), address, trials))[1] == "return (dWxh, dWhh, dBh, dWhy, dBy)"
    path = written("calls.jl", replace(read(FIXED, String),
        "dBh = dBh + dhRaw;" => "copyto!(dBh, dBh - dhRaw);"))
    trials = [
        ("2 2 19 2 14", ["dBh", "dhRaw"], Any[wave(1, 3, k), wave(1, 3, k + 1)], "dBh",
            wave(1, 3, k) + wave(1, 3, k + 1), String[]) for k in 1:3
    ]
    found = codes(rewritten(loaded(path), "2 2 19 2 14", trials))
    @test found[1] == "copyto!(dBh, dBh + dhRaw)"
    @test "1:length(x)" in codes(rewritten(loaded(FIXED), "2 2 19 1 2", []))[1:3]
    @test "2:length(x)" in codes(rewritten(loaded(FIXED), "1 2 7 1 2", []))
    conditions = codes(rewritten(loaded(FIXED), "1 2 7 2 2 1", []))
    @test issubset(["time == 2", "time == 0", "time != 1", "time > 1"], conditions)
    @test Trace.rewrites(loaded(FIXED), (), "", NAMES, weights(4, 3, 3), "9 9", [])[2] != ""
end

# ------------------------------------------------------------------------------------------------

"The lines of a file that an edit changes, as they are afterwards."
function changed_lines(path, edits...; appended = "")
    text, problem = Trace.patched(path, collect(edits), appended)
    problem == "" || return problem
    old, new = split(read(path, String), '\n'), split(text, '\n')
    length(old) == length(new) || return "other lines"
    return [new[i] for i in eachindex(new) if old[i] != new[i]]
end

const LAYOUT = """
# A comment above, dhRaw*Whh.

α = 1; β = 2
function f(x,
           y) # trailing
    for t in eachindex(x); y[t] = x[t]'*Wxh .+ 2x[t]; z = y[t]
        s = z*Why .+
            By   # continued
        @. s += z
        p = vec(
            s ./ sum(s), # a comment inside
        )
        t > 1 && (a += z[1]*s); t == 1 && (a -= z[2]s)
        r = t > 1 ? (a + s*Why') .* (1 .- z.^2) : a    # why "#" not
    end
    if a > 1
        a = b
    elseif a > 2
        a = c
    end
    return a, b, c
end
"""

@testset "a patch changes no more than it must" begin
    @test changed_lines(ORIGINAL, (DHNEXT, "dhnext = dhRaw * Whh'")) == ["    dhnext = dhRaw*Whh';"]
    @test changed_lines(ORIGINAL, ("2 2 19 2 10", "dhRaw = dh .* (1 .- h[time] .* h[time])")) ==
          ["    dhRaw = dh .* (1 .- (h[time].*h[time]));"]
    @test changed_lines(ORIGINAL, ("2 2 19 2 8", "dh = (Why * dy)'")) == ["    dh = (Why*dy)';"]
    @test changed_lines(FIXED, (DHNEXT, "dhnext = dhRaw * Whh")) ==
          [replace(readlines(FIXED)[line_of(FIXED, "dhnext = dhRaw*Whh'")], "Whh';" => "Whh;")]
    @test changed_lines(ORIGINAL, ("2 2 19 1 2", "1:length(x)")) == ["  for time in 1:length(x)"]
    @test length(changed_lines(ORIGINAL, (DHNEXT, "dhnext = dh"), ("2 2 19 2 6", "dBy += dy'"))) == 2
    path = written("layout.jl", LAYOUT)
    body = "2 2"
    for (address, code, line) in [
        ("$body 3 2 2", "y[t] = x[t]' * Wxh .+ 3 * x[t]",
            "    for t in eachindex(x); y[t] = x[t]'*Wxh .+ 3x[t]; z = y[t]"),
        ("$body 3 2 4", "z = y[t-1]", "    for t in eachindex(x); y[t] = x[t]'*Wxh .+ 2x[t]; z = y[t - 1]"),
    ]
        @test changed_lines(path, (address, code)) == [line]
    end
end

"All parts of an expression that stand in its text, with their addresses."
function each_part(f, node, at)
    f(node, at)
    node isa Expr || return
    for (i, part) in enumerate(node.args)
        part isa LineNumberNode && continue
        node.head == :macrocall && i == 1 && continue
        node.head == :. && i == 2 && part isa QuoteNode && continue
        each_part(f, part, [at; i])
    end
end

@testset "every part of a file of any layout can be replaced" begin
    for path in (written("layout.jl", LAYOUT), ORIGINAL)
        all = Trace.expressions_of(path)
        for (i, expression) in enumerate(all)
            i == length(all) && path == ORIGINAL && continue # gradCheck is long
            each_part(expression, [i]) do node, at
                node isa Symbol && Base.isidentifier(node) || node isa Int || return
                new = node isa Int ? "7" : "zz"
                text, problem = Trace.patched(path, [(join(at, " "), new)], "")
                @test problem == ""
                wanted = XCheck.stripped(XCheck.replaced(all[i], at[2:end], Meta.parse(new)))
                @test XCheck.stripped(Trace.read_text(text, path)[i]) == wanted
            end
        end
    end
end

@testset "all faults of the two files can be written as patches of one line each" begin
    for path in (FIXED, ORIGINAL)
        for fault in planted(path)[1:3:end]
            fault[6] == "" || continue
            @test length(changed_lines(path, fault[5]...)) == length(fault[5])
        end
    end
end

@testset "what cannot be written is said" begin
    @test changed_lines(FIXED, ("1 2 7 2 4 1", "a + b")) isa String # no such assignment
    @test changed_lines(FIXED, ("9 1", "a")) isa String
    text, problem = Trace.patched(FIXED, [], "late = 1\n")
    @test problem == "" && text == read(FIXED, String) * "late = 1\n"
end
