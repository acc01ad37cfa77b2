"""Global identifiability: all parameters and initial states with the observations of one random point.

In: a rational first-order system, its observables and a random trajectory modulo a prime. Out: for each parameter and
state whether every point with the same observations has its value there (proven by a Gröbner basis), another point that has
another one (proven by its own trajectory), or neither. One trajectory is one experiment, with generic initial states and
inputs: what only several experiments tell is not counted as told.

file          in -> out
draw          model, prime, seed -> a random trajectory: values of all symbols, series of observables and inputs
elimination   model, draw -> relations without states between parameters and derivatives of the observables
series        relation, draw -> polynomials in the parameters that vanish at every point with these observations
groebner      polynomials -> Gröbner basis, normal forms, minimal polynomials
points        basis, states -> another point with the same observations
verdict       all of it for several draws
Sources: Ollivier 1990; Ljung and Glad 1994; Hong et al. 2020.
"""
