"""Networks that respect what the engine proves, written once for every array library.

In come generators, first integrals, systems and Lagrangians of the storeys before, trajectories (`trajectories`), and an
array library (`arrays`), which a toolkit brings (`toolkits`; liesym_torch and liesym_jax are two). Out go

    residuals of a learned field           fields, objectives
    fields that cannot break a law         layers on level sets (levels), Lagrangians (mechanics, noether)
    invariants learned from data           contrastive, trust, identify_invariant
    solutions, trained models              rollout, loop, fitting, weights, matching
    a comparison with and without laws     training, metrics, charges, audit, experiment

Sources: Chen et al. 2018 (Neural ODEs), Matsubara and Yaguchi 2023 (projections), Zhang et al. 2023 (contrast),
Müller 2023 (Noether), Greydanus et al. 2019 and Cranmer et al. 2020 (Hamiltonians and Lagrangians).
"""
