# Tests of Trace.jl, included by runtests.jl.

include("Trace.jl")
include("tracehelpers.jl")

@testset "recording changes no bit" begin
    for (name, text) in [
        ("fixed.jl", read(FIXED, String)), ("original.jl", read(ORIGINAL, String)),
        ("nasty.jl", NASTY),
    ]
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
    before = one("before = t == 1 ? hPrev : h[t-1]").reads[3]
    @test before == (name = "h", step = -1, value = nothing)
    @test events_of(r, "later += @isdefined(notyet) ? notyet : 0") != []
    caught = only(events_of(r, "error(\"caught\")"))
    @test caught.threw && count(e -> e.threw, r.events) == 1
end

@testset "what a tagger throws ends the recording, with all that came before" begin
    path = changed("late.jl",
        "dh = (Why*dy)' + dhnext;" => "dh = time == 2 ? log(-1.0) : (Why*dy)' + dhnext;")
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
    path = written("no.jl", "a = = 1\n")
    @test Trace.record(path, NAMES, (), "", nothing, (ALL, []), CASE...)[2] != ""
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

@testset "around a step nothing is sketched" begin
    whole, some = recorded(ORIGINAL), recorded(ORIGINAL; sketch_over = 8, full = [1])
    kept = 0
    for (a, b) in zip(whole.events, some.events), (x, y) in zip(a.writes, b.writes)
        a.step == 1 && x.value !== nothing && length(x.value) > 8 || continue
        @test isequal(x.value, y.value)
        kept += 1
    end
    @test kept > 0
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

include("rewritetests.jl")
