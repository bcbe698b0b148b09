"""BP, PC and iPC on a chain of linear layers with tanh between them, as lean as a PyTorch loop by hand gets: no autograd, updates in place,
products into sums (addmm, baddbmm). It does what the algorithms say in every step and plans nothing ahead.

The semantics are those of `pck`: values start at the forward pass (or are given), the target is clamped, T times every hidden value moves by
-gamma dF_b/dx of its own sample, F = half the squared error; parameters move by plain SGD on the mean over the batch. PC moves them once, by
the errors at the final values; iPC in every step, from the same state as the values."""
import torch


class Lean:
    """One tensor per layer."""

    def __init__(self, parameters, inputs, targets, steps, gamma, rate):
        self.weights = [w.clone() for w, _ in parameters]
        self.biases = [b.clone() for _, b in parameters]
        self.turned = [w.t() for w in self.weights]
        self.inputs, self.targets = inputs, targets
        self.steps, self.gamma, self.scale = steps, gamma, rate / inputs.shape[0]
        self.last = len(parameters) - 1
        self.values = None

    def parameters(self):
        return list(zip(self.weights, self.biases))

    def hidden(self):
        return self.values[1:-1]

    def predict(self, layer, below):
        z = torch.addmm(self.biases[layer], below, self.turned[layer])
        return z if layer == self.last else z.tanh_()

    def forward(self):
        values = [self.inputs]
        for layer in range(self.last + 1):
            values.append(self.predict(layer, values[-1]))
        return values

    def learn(self, layer, delta, below):
        self.weights[layer].addmm_(delta.t(), below, alpha=self.scale)
        self.biases[layer].add_(delta.sum(0), alpha=self.scale)

    def bp(self):
        values = self.forward()
        delta = self.targets - values[-1]
        for layer in range(self.last, -1, -1):
            below = values[layer]
            if layer > 0:
                error = delta @ self.weights[layer]
                next_delta = torch.addcmul(error, error * below, below, value=-1)
            self.learn(layer, delta, below)
            if layer > 0:
                delta = next_delta

    def start(self, given):
        """Values at the forward pass, drawn anew ('random'), where they are ('keep'), or as given."""
        if given == 'keep':
            return
        if given is None:
            self.values = self.forward()
            self.values[-1] = self.targets
        elif given == 'random':
            self.values = [self.inputs, *(self.inputs.new_empty(self.inputs.shape[0], w.shape[0]).uniform_(-1, 1) for w in self.weights[:-1]), self.targets]
        else:
            self.values = [self.inputs, *(v.clone() for v in given), self.targets]

    def errors(self):
        errors, deltas = [], []
        for layer in range(self.last + 1):
            mu = self.predict(layer, self.values[layer])
            error = self.values[layer + 1] - mu
            errors.append(error)
            deltas.append(error if layer == self.last else torch.addcmul(error, error * mu, mu, value=-1))
        return errors, deltas

    def pc(self, given=None):
        self.start(given)
        for _ in range(self.steps):
            errors, deltas = self.errors()
            for layer in range(self.last):
                self.values[layer + 1].sub_(errors[layer], alpha=self.gamma).addmm_(deltas[layer + 1], self.weights[layer + 1], alpha=self.gamma)
        _, deltas = self.errors()
        for layer in range(self.last + 1):
            self.learn(layer, deltas[layer], self.values[layer])

    def ipc(self, given=None):
        self.start(given)
        for _ in range(self.steps):
            errors, deltas = self.errors()
            self.learn(0, deltas[0], self.values[0])
            for layer in range(1, self.last + 1):
                # Both moves are from the state at t: the product with W before W moves, W's gradient before x moves.
                pull = deltas[layer] @ self.weights[layer]
                self.learn(layer, deltas[layer], self.values[layer])
                self.values[layer].sub_(errors[layer - 1], alpha=self.gamma).add_(pull, alpha=self.gamma)


class Stacked:
    """All layers in one tensor and one batched product a pass: for layers of equal sizes only."""

    def __init__(self, parameters, inputs, targets, steps, gamma, rate):
        self.weight = torch.stack([w for w, _ in parameters])
        self.bias = torch.stack([b for _, b in parameters]).unsqueeze(1)
        self.turned = self.weight.transpose(1, 2)
        self.count = len(parameters)
        self.x = torch.empty(self.count + 1, *inputs.shape, dtype=inputs.dtype, device=inputs.device)
        self.x[0], self.x[-1] = inputs, targets
        self.steps, self.gamma, self.scale = steps, gamma, rate / inputs.shape[0]

    def parameters(self):
        return [(self.weight[i], self.bias[i, 0]) for i in range(self.count)]

    def hidden(self):
        return list(self.x[1:-1])

    def start(self, given):
        if given == 'keep':
            return
        if given is None:
            for layer in range(self.count - 1):
                torch.addmm(self.bias[layer], self.x[layer], self.turned[layer], out=self.x[layer + 1]).tanh_()
        elif given == 'random':
            self.x[1:-1].uniform_(-1, 1)
        else:
            for layer, value in enumerate(given):
                self.x[layer + 1] = value

    def errors(self):
        mu = torch.baddbmm(self.bias, self.x[:-1], self.turned)
        mu[:-1].tanh_()
        error = self.x[1:] - mu
        delta = torch.addcmul(error, error * mu, mu, value=-1)
        delta[-1] = error[-1]
        return error, delta

    def learn(self, delta):
        self.weight.baddbmm_(delta.transpose(1, 2), self.x[:-1], alpha=self.scale)
        self.bias.add_(delta.sum(1, keepdim=True), alpha=self.scale)

    def pc(self, given=None):
        self.start(given)
        for _ in range(self.steps):
            error, delta = self.errors()
            self.x[1:-1].sub_(error[:-1], alpha=self.gamma).baddbmm_(delta[1:], self.weight[1:], alpha=self.gamma)
        self.learn(self.errors()[1])

    def ipc(self, given=None):
        self.start(given)
        for _ in range(self.steps):
            error, delta = self.errors()
            pull = torch.bmm(delta[1:], self.weight[1:])
            self.learn(delta)
            self.x[1:-1].sub_(error[:-1], alpha=self.gamma).add_(pull, alpha=self.gamma)
