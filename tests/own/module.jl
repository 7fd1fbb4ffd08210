"Tagging with columns: W * x, states are vectors."
module Recurrent

export loss, gradients

"All parameters; set by `train!`."
const Wx = Ref(zeros(0, 0))
global W::Matrix{Float64} = zeros(10, 50)
global U::Matrix{Float64} = zeros(10, 10)
const b = zeros(10)
V = zeros(5, 10)
const c = zeros(5)

module Activations
squash(a) = tanh.(a)
slope(h) = 1 .- h .* h
function softmax(z)
    e = exp.(z)
    return e ./ sum(e)
end
end

using .Activations: squash, slope, softmax

function states(words, h0)
    hs = [h0]
    for w in words
        push!(hs, squash(W[:, w] .+ U * hs[end] .+ b))
    end
    return hs
end

function loss(words, tags; initial = zeros(length(b)), verbose::Bool = true)
    hs = states(words, initial)
    ps = [softmax(V * h .+ c) for h in hs[2:end]]
    verbose && println("loss of ", length(words), " words")
    total = -sum(log(p[t]) for (p, t) in zip(ps, tags))
    return (loss = total, states = hs, probabilities = ps)
end

function gradients(words, tags, hs, ps)
    dW, dU, db, dV, dc = zero(W), zero(U), zero(b), zero(V), zero(c)
    carry = zero(b)
    for t in reverse(eachindex(words))
        dy = copy(ps[t])
        dy[tags[t]] -= 1
        dV .+= dy * hs[t+1]'
        dc .+= dy
        raw = slope(hs[t+1]) .* (V' * dy .+ carry)
        dW[:, words[t]] .+= raw
        db .+= raw
        dU .+= raw * hs[t]'
        carry = U' * raw
    end
    return Dict(:W => dW, :U => dU, :b => db, :V => dV, :c => dc)
end

end

using .Recurrent
println("training on ", readline("nothing-here.txt"))
