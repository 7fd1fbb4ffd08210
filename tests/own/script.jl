# POS tagging with a simple RNN: reads the data, trains, prints the accuracy.
using DelimitedFiles

sentences = [split(line) for line in eachline("train.pos")]
vocabulary = unique([w for s in sentences for w in s])

inputLayerSize = length(vocabulary)
hiddenLayerSize = 100
outputLayerSize = 45
learningRate = 1e-1
const report_every = 10

# weights
const Wxh = randn(inputLayerSize, hiddenLayerSize)*0.01; # input to hidden
const Whh = randn(hiddenLayerSize, hiddenLayerSize)*0.01; # hidden to hidden
const Bh = zeros(1, hiddenLayerSize); # hidden bias
const Why = randn(hiddenLayerSize, outputLayerSize)*0.01; # hidden to output
const By = zeros(1, outputLayerSize); # output bias

"The row of a word."
function onehot(i, n)
  v = zeros(n)
  v[i] = 1
  return v
end

softmax(score) = exp.(score) / sum(exp.(score))

function forwardRNN(x, y, h, p, hPrev)
  cost = 0
  for time in 1:length(x)
    before = time == 1 ? hPrev : h[time-1]
    h[time] = tanh.(x[time]'*Wxh + before*Whh .+ Bh)
    p[time] = vec(softmax(h[time]*Why .+ By))
    cost += -log(y[time]'*p[time])
  end
  return cost
end

function backwardRNN(x, y, h, p, hPrev)
  dWxh, dWhh, dBh = zeros(size(Wxh)), zeros(size(Whh)), zeros(size(Bh))
  dWhy, dBy = zeros(size(Why)), zeros(size(By))
  dhnext = zeros(size(hPrev))
  for time in length(x):-1:1
    dy = p[time] - y[time]
    dWhy += h[time]' * dy'
    dBy += dy'
    dhRaw = (1 .- h[time].^2) .* ((Why*dy)' + dhnext)
    dWxh += x[time] * dhRaw
    dBh += dhRaw
    dWhh += (time == 1 ? hPrev : h[time-1])' * dhRaw
    dhnext = dhRaw*Whh'
  end
  return dWxh, dWhh, dBh, dWhy, dBy
end

h, p = Any[nothing for _ in 1:100], Any[nothing for _ in 1:100]
for epoch in 1:50
  cost = 0.0
  for s in sentences
    x = [onehot(findfirst(==(w), vocabulary), inputLayerSize) for w in s]
    global cost += forwardRNN(x, x, h, p, zeros(1, hiddenLayerSize))
  end
  epoch % report_every == 0 && println("epoch ", epoch, " cost ", cost)
end
