# The code of the question: original.jl as posted, with its bug; fixed.jl with the fixes.
# `diff julia/original.jl julia/fixed.jl` shows them and nothing else.
#
# Source: the question "I am trying out POS tagging using RNN but not able to figure out what's
# wrong in my implementation" of user lex on Stack Exchange, March 2016, after Karpathy's
# min-char-rnn.py. Licence of these two files: CC BY-SA 3.0, that of the posts of that time.
#
# Mended only so far that Julia 1.5 to 1.12 runs it: the `else` and `end` lines that the paste had
# lost, and dots where Julia no longer takes a function of a number for one of an array. The globals
# Wxh (in, hidden), Whh (hidden, hidden), Bh (1, hidden), Why (hidden, out) and By (1, out) are set
# by whoever loads the file. x[t] and y[t] are one-hot vectors, h[t] is a 1 x hidden row, p[t] a
# vector; the cost is the summed cross-entropy in nats.

function forwardRNN(x, y, h, p, hPrev)
  global Wxh, Whh, Why, Bh, By;
  cost = 0;
  for time in 1:length(x)
    if time == 1
      h[time] = tanh.(x[time]'*Wxh + hPrev*Whh .+ Bh);
    else
      h[time] = tanh.(x[time]'*Wxh + h[time-1]*Whh .+ Bh);
    end
    score = h[time]*Why .+ By;
    score = score .- maximum(real.(score)); # fixed: the largest is 0, so that exp cannot overflow
    p_softmax = exp.(score) / sum(exp.(score));
    p[time] = vec(p_softmax);
    cost += log(sum(exp.(score))) - sum(score*y[time]); # fixed: no log of a p that underflowed to 0
  end
  return cost;
end

function backwardRNN(x, y, h, p, hPrev)
  global Wxh, Whh, Why, Bh, By;
  dWxh = zeros(size(Wxh));
  dWhh = zeros(size(Whh));
  dBh = zeros(size(Bh));
  dWhy = zeros(size(Why));
  dBy = zeros(size(By));
  dh = zeros(size(Bh));
  dhnext = zeros(size(h[1]));
  for time in length(x):-1:1
    dy = p[time] - y[time];
    dWhy = dWhy + (dy * h[time])';
    dBy = dBy + dy';
    dh = (Why*dy)' + dhnext;
    dhRaw = (1 .- (h[time].*h[time])) .* dh;
    dWxh = dWxh + (x[time] * dhRaw);
    dBh = dBh + dhRaw;
    if time == 1
      dWhh = dWhh + (hPrev' * dhRaw);
    else
      dWhh = dWhh + (h[time-1]' * dhRaw);
    end
    dhnext = dhRaw*Whh'; # fixed: h[time] = h[time-1]*Whh, so the way back is the transpose
  end
  return dWxh, dWhh, dBh, dWhy, dBy;
end

# gradient checking
function gradCheck(inputs, targets, h, p, hPrev)
  paramNameList = ["Wxh", "Whh", "Bh", "Why", "By"];
  global Wxh, Whh, Why, Bh, By;
  paramList = [x for x=(Wxh, Whh, Bh, Why, By)];
  num_checks = 2;
  delta = 1e-5;
  cost = forwardRNN(inputs, targets, h, p, hPrev);
  dWxh, dWhh, dBh, dWhy, dBy = backwardRNN(inputs, targets, h, p, hPrev);
  dParamList = [x for x=(dWxh, dWhh, dBh, dWhy, dBy)];
  for (param,dparam,name) in zip(paramList, dParamList, paramNameList)
    s0 = size(dparam);
    s1 = size(param);
    if s0 != s1
      println("Error dims dont match: ", s0," and ",s1);
    end
    for i in 1:num_checks
      ri = rand(1:length(param));
      old_val = param[ri];
      param[ri] = old_val + delta;
      cg0 = forwardRNN(inputs, targets, h, p, hPrev);
      param[ri] = old_val - delta;
      cg1 = forwardRNN(inputs, targets, h, p, hPrev);
      param[ri] = old_val
      grad_analytic = dparam[ri];
      grad_numerical = (cg0 - cg1) / ( 2 * delta );
      rel_error = abs(grad_analytic - grad_numerical) / abs(grad_numerical + grad_analytic);
      println(grad_numerical,", ", grad_analytic, " => ",rel_error);
      if rel_error > 1e-5
        error("Gradient check failed.");
      end
      println("Gradient check passed.")
    end
  end
end
