# h and p are dictionaries, h[0] is the state before the first word; the parameters are typed.
Wxh = zeros(Float32, 3, 2)
Whh = Float32[0 0; 0 0]
bh = zeros(Float32, 1, 2)
Why = zeros(Float32, 2, 2)
by = zeros(Float32, 1, 2)

function lossFun(inputs::Vector{Int}, targets::Vector{Int}, hprev::AbstractMatrix, h::Dict, p::Dict)
    h[0] = copy(hprev)
    loss = zero(eltype(Wxh))
    for t in 1:length(inputs)
        h[t] = tanh.(Wxh[inputs[t]:inputs[t], :] + h[t-1]*Whh + bh)
        y = h[t]*Why + by
        p[t] = exp.(y) ./ sum(exp.(y))
        loss += -log(p[t][targets[t]])
    end
    dWxh, dWhh, dWhy = zero(Wxh), zero(Whh), zero(Why)
    dbh, dby = zero(bh), zero(by)
    dhnext = zero(h[0])
    for t in length(inputs):-1:1
        dy = copy(p[t])
        dy[targets[t]] -= 1
        dWhy += h[t]' * dy
        dby += dy
        dh = dy * Why' + dhnext
        dhraw = (1 .- h[t] .* h[t]) .* dh
        dbh += dhraw
        dWxh[inputs[t]:inputs[t], :] += dhraw
        dWhh += h[t-1]' * dhraw
        dhnext = dhraw * Whh'
    end
    return loss, dWxh, dWhh, dWhy, dbh, dby, h[length(inputs)]
end
