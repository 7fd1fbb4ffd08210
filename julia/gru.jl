# The same tagger with a gated recurrent unit for its cell: gru_original.jl with its bug, gru.jl with
# the fix. `diff julia/gru_original.jl julia/gru.jl` shows it and nothing else.
#
# Source of the cell: K. Cho and others, "Learning Phrase Representations using RNN Encoder-Decoder
# for Statistical Machine Translation", EMNLP 2014. The contract is that of original.jl, over the
# globals Wxz, Wxr, Wxn (in, hidden), Whz, Whr, Whn (hidden, hidden), Bz, Br, Bn (1, hidden),
# Why (hidden, out) and By (1, out).

sigmoid(a) = 1 ./ (1 .+ exp.(-a))

# The update gate z, the reset gate r and the candidate n, each a 1 x hidden row.
function gates(x, hBefore)
  z = sigmoid(x'*Wxz + hBefore*Whz .+ Bz)
  r = sigmoid(x'*Wxr + hBefore*Whr .+ Br)
  n = tanh.(x'*Wxn + (r .* hBefore)*Whn .+ Bn)
  return z, r, n
end

function forwardRNN(x, y, h, p, hPrev)
  cost = 0
  for time in 1:length(x)
    hBefore = time == 1 ? hPrev : h[time-1]
    z, r, n = gates(x[time], hBefore)
    h[time] = (1 .- z) .* n + z .* hBefore
    score = h[time]*Why .+ By
    score = score .- maximum(real.(score)) # the largest is 0, so that exp cannot overflow
    p[time] = vec(exp.(score) / sum(exp.(score)))
    cost += log(sum(exp.(score))) - sum(score*y[time])
  end
  return cost
end

function backwardRNN(x, y, h, p, hPrev)
  dWxz, dWxr, dWxn = zero(Wxz), zero(Wxr), zero(Wxn)
  dWhz, dWhr, dWhn = zero(Whz), zero(Whr), zero(Whn)
  dBz, dBr, dBn = zero(Bz), zero(Br), zero(Bn)
  dWhy, dBy = zero(Why), zero(By)
  dhnext = zero(hPrev)
  for time in length(x):-1:1
    hBefore = time == 1 ? hPrev : h[time-1]
    z, r, n = gates(x[time], hBefore)
    dy = p[time] - y[time]
    dWhy += h[time]' * dy'
    dBy += dy'
    dh = (Why*dy)' + dhnext
    dzRaw = dh .* (hBefore - n) .* z .* (1 .- z)
    dnRaw = dh .* (1 .- z) .* (1 .- n.*n)
    drh = dnRaw * Whn'
    drRaw = drh .* hBefore .* r .* (1 .- r)
    dWxz += x[time] * dzRaw
    dWxr += x[time] * drRaw
    dWxn += x[time] * dnRaw
    dWhz += hBefore' * dzRaw
    dWhr += hBefore' * drRaw
    dWhn += (r .* hBefore)' * dnRaw
    dBz += dzRaw
    dBr += drRaw
    dBn += dnRaw
    dhnext = dh .* z + drh .* r + dzRaw * Whz' + drRaw * Whr' # fixed: drh reaches h through r
  end
  return dWxz, dWhz, dBz, dWxr, dWhr, dBr, dWxn, dWhn, dBn, dWhy, dBy
end
