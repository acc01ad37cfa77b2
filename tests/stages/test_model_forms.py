"""Models as PySINDy, XPP, Antimony, Catalyst, ModelingToolkit, Modelica, LaTeX and indices write them."""

from __future__ import annotations

import pytest

from liesym import ODESystem
from liesym.errors import LiesymError, ParseError
from liesym.model.problem import read_problem_text
from liesym.text.files import read_file_text
from liesym.text.formats.recognized import form_of_text, read_model
from liesym.text.formats.written import equation_lines, problem_text

LORENZ = "x' = s*(y - x); y' = x*(r - z) - y; z' = x*y - b*z"
READ: dict[str, list[tuple[str, str]]] = {
    "pysindy": [
        ("(x)' = -2.000 x\n(y)' = 1.000 y", "x' = -2*x; y' = y"),
        ("(x)' = -10.000 x + 10.000 y\n(y)' = 27.994 x + -0.999 y + -1.000 x z\n(z)' = -2.666 z + 1.000 x y",
         "x' = -10*x + 10*y; y' = 27.994*x - 0.999*y - x*z; z' = -2.666*z + x*y"),
        ("(x0)' = 0.500 1 + -1.000 x0", "x0' = 1/2 - x0"),
        ("(x0)' = -0.100 x0^3 + 2.000 x1^3\n(x1)' = -2.000 x0^3 + -0.100 x1^3",
         "x0' = -0.1*x0^3 + 2*x1^3; x1' = -2*x0^3 - 0.1*x1^3"),
        ("(x0)' = 1.0 sin(1 x0) + 0.5 cos(2 x1)\n(x1)' = 0.0", "x0' = sin(x0) + cos(2*x1)/2; x1' = 0"),
        ("(x0)' = 0.25 x0 x1^2 + -1.5 x0^2 x1\n(x1)' = 1.0 x0 x1", "x0' = x0*x1^2/4 - 3/2*x0^2*x1; x1' = x0*x1"),
        ("  (u)' = 1.234e-05 u", "u' = 1.234e-05*u"),
        ("(q)'' = -0.981 sin(q)", "q'' = -0.981*sin(q)"),
    ],
    "xpp": [
        ("par k=2\nx'=-k*x\ndone", "x' = -k*x"),
        ("# FitzHugh-Nagumo\nparam a=0.7, b=.8 tau=12.5\np i=0.5\nv'=v-v^3/3-w+i\nw'=(v+a-b*w)/tau\ninit v=0,w=1"
         "\n@ total=100\n",
         "v' = v - v^3/3 - w + i; w' = (v + a - b*w)/tau"),
        ("par k=1\nminf(v)=.5*(1+tanh(v/18))\nica=k*minf(v)*v\ndv/dt=-ica\n", "v' = -k*v*(1 + tanh(v/18))/2"),
        ("par v1=1\nx'=if(x>v1)then(1)else(0)", "x' = heaviside(x - v1)"),
        ("p a=1\nx'=heav(t-5)*a-x\ny'=if((x>1)&(t<3))then(x)else(-y)", "x' = heaviside(t - 5)*a - x; "
         "y' = x*heaviside(x - 1)*heaviside(3 - t) - y*(1 - heaviside(x - 1)*heaviside(3 - t))"),
        ("par g=9.81, l=2\n!w=g/l\ndx/dt=y\ndy/dt=-w*sin(x)", "x' = y; y' = -g/l*sin(x)"),
        ("number c=3\nX' = -C*X*ln(X)\nX(0)=2", "x' = -c*x*log(x)"),
        ("par k=1\nx' = k*x\\\n + 1\naux twice=2*x", "x' = k*x + 1"),
        ("f(x,y)=x*y-y\nx'=f(x,2)\ny'=f(y,x)\n@ dt=0.1", "x' = 2*x - 2; y' = x*y - x"),
        ("par e=2\nx'=x**2/e", "x' = x^2/e"),
    ],
    "antimony": [
        ("S1 -> S2; k1*S1", "S1' = -k1*S1; S2' = k1*S1"),
        ("J0: $X -> S1; k0*X\nJ1: S1 -> S2; k1*S1\nk0 = 0.5; k1 = 2; X = 10; S1 = 0", "S1' = k0*X - k1*S1; S2' = k1*S1"),
        ("model m()\n compartment C = 2; species S1 in C, $X in C;\n X -> S1; C*k*X\n 2 S1 -> ; C*q*S1^2\nend",
         "S1' = k*X - 2*q*S1^2"),
        ("-> A; v // source\nA -> ; d*A # sink", "A' = v - d*A"),
        ("A + 2 B -> 3 C; k*A*B^2", "A' = -k*A*B^2; B' = -2*k*A*B^2; C' = 3*k*A*B^2"),
        ("v := k*A/(K + A)\nA => B; v", "A' = -k*A/(K + A); B' = k*A/(K + A)"),
        ("function mm(s, v, K) v*s/(K + s) end\nA -> B; mm(A, V, 2)", "A' = -V*A/(2 + A); B' = V*A/(2 + A)"),
        ("x' = -k*x + time\nx -> y; 0\n", "x' = -k*x + t; y' = 0"),
        ("J: A -> B; k*A\nB -> ; 2*J", "A' = -k*A; B' = k*A - 2*k*A"),
        ("A -> B; piecewise(k, time > 3, 0)", "A' = -k*heaviside(t - 3); B' = k*heaviside(t - 3)"),
        ("/* SIR */ S + I -> 2 I; beta*S*I; I -> R; gamma*I", "S' = -beta*S*I; I' = beta*S*I - gamma*I; R' = gamma*I"),
    ],
    "catalyst": [
        ("@reaction_network begin\n k, A --> B\nend", "A' = -k*A; B' = k*A"),
        ("sir = @reaction_network begin\n  β, S + I --> 2I\n  γ, I --> R\nend", "S' = -β*S*I; I' = β*S*I - γ*I; R' = γ*I"),
        ("rn = @reaction_network begin\n (k1, k2), A + B <--> C\nend",
         "A' = -k1*A*B + k2*C; B' = -k1*A*B + k2*C; C' = k1*A*B - k2*C"),
        ("@reaction_network begin\n k, 2A --> B\nend", "A' = -k*A^2; B' = k*A^2/2"),
        ("@reaction_network begin\n @combinatoric_ratelaws false\n k, 2A --> B\nend", "A' = -2*k*A^2; B' = k*A^2"),
        ("@reaction_network begin\n k*A, A => B\n d, (A, B) --> 0\nend", "A' = -k*A - d*A; B' = k*A - d*B"),
        ("@reaction_network begin\n hill(X, v, K, n), ∅ → Y\n mm(Y, 2v, K), 0 --> X\nend",
         "Y' = v*X^n/(X^n + K^n); X' = 2*v*Y/(Y + K)"),
        ("@parameters σ=28.0 ρ β\n@variables t x(t)=1.0 y(t)=0.0 z(t)\nD = Differential(t)\n"
         "eqs = [D(x) ~ σ*(y - x),\n  D(y) ~ x*(ρ - z) - y,\n  D(z) ~ x*y - β*z]\n@named sys = ODESystem(eqs)",
         "x' = σ*(y - x); y' = x*(ρ - z) - y; z' = x*y - β*z"),
        ("@mtkmodel FOL begin\n @parameters begin\n τ = 3.0\n end\n @variables begin\n x(t) = 0.0\n RHS(t)\n end\n"
         " @equations begin\n RHS ~ (1 - x)/τ\n D(x) ~ RHS\n end\nend", "x' = (1 - x)/τ"),
        ("D(D(x(t))) ~ -2x(t) + ifelse(t > 1, 1, 0)", "x'' = -2*x + heaviside(t - 1)"),
        ("Differential(t)(x(t)) ~ 2π*x(t)*(1 - x(t))", "x' = 2*pi*x*(1 - x)"),
    ],
    "modelica": [
        ("model M\n Real x(start = 1);\n parameter Real k = 2;\nequation\n der(x) = -k*x;\nend M;", "x' = -k*x"),
        ("model VanDerPol \"an oscillator\"\n  Real x(start=1, fixed=true);\n  Real y(start=1);"
         "\n  parameter Real mu = 0.3;\n"
         "equation\n  der(x) = y;\n  der(y) = mu*(1 - x^2)*y - x;\n  annotation(experiment(StopTime=10));\nend VanDerPol;",
         "x' = y; y' = mu*(1 - x^2)*y - x"),
        ("class C\n Real x; Real v;\n parameter Real k;\nequation\n v = k*x;\n der(x) = -v;\nend C;", "x' = -k*x"),
        ("model M\n Real x; input Real u;\nequation\n der(x) = -x + u;\nend M;", "x' = -x + u(t)"),
        ("model M\n Real x;\nequation\n der(x) = if x > 1 then -x else -2*x;\nend M;",
         "x' = -x*heaviside(x - 1) - 2*x*(1 - heaviside(x - 1))"),
        ("model M // a pendulum\n Real phi, w;\n constant Real g = 9.81;\n parameter Real l = 1.0;\n /* two */\nequation\n"
         " der(phi) = w;\n l*der(w) = -g*Modelica.Math.sin(phi);\nend M;", "phi' = w; w' = -g*sin(phi)/l"),
        ("model M\n Real x;\n parameter Real a = 2; parameter Real b = 2*a;\nequation\n der(x) = b*x + time;\nend M;",
         "x' = 2*a*x + t"),
        ("model M\n Modelica.SIunits.Voltage v(start = 5);\n parameter Modelica.SIunits.Resistance R = 10;"
         "\n parameter Real C = 1e-3;\n"
         "equation\n R*C*der(v) + v = 0;\nend M;", "v' = -v/(R*C)"),
        ("model M\n Real x;\ninitial equation\n x = 3;\nequation\n der(x) = noEvent(if x < 0 then 0 else 1);\nend M;",
         "x' = 1 - heaviside(-x)"),
    ],
    "latex": [
        (r"\dot{x} = \sigma (y - x), \quad \dot{y} = x (\rho - z) - y, \quad \dot{z} = xy - \beta z",
         "x' = sigma*(y - x); y' = x*(rho - z) - y; z' = x*y - beta*z"),
        (r"\begin{align} \frac{dS}{dt} &= -\frac{\beta S I}{N} "
         r"\\ \frac{dI}{dt} &= \frac{\beta SI}{N} - \gamma I \end{align}",
         "S' = -beta*S*I/N; I' = beta*S*I/N - gamma*I"),
        (r"\frac{d^2\theta}{dt^2} + \frac{g}{l}\sin\theta = 0", "theta'' = -g/l*sin(theta)"),
        (r"$$\ddot{x} + 2\zeta\omega_0\dot{x} + \omega_0^2 x = F\cos\omega t$$",
         "x'' = -2*zeta*omega_0*x' - omega_0^2*x + F*cos(omega*t)"),
        (r"\begin{cases} \dot{x}_1 = x_2 \\ \dot{x}_2 = -\sin(x_1) - k\,x_2^3 \end{cases}",
         "x_1' = x_2; x_2' = -sin(x_1) - k*x_2^3"),
        (r"\frac{\mathrm{d}y}{\mathrm{d}x} = x y^2 - \sqrt{1 + x^2}", "dy/dx = x*y^2 - sqrt(1 + x^2)"),
        (r"\dot{v} = -v^{3} + e^{-k t}\,\ln\left(1 + v^2\right)", "v' = -v^3 + exp(-k*t)*log(1 + v^2)"),
        (r"\frac{d}{dt} \mathrm{Ca} = k_{\mathrm{on}} - k_{off}\,\mathrm{Ca}^{n}", "Ca' = k_on - k_off*Ca^n"),
        (r"y'' + \frac{1}{x} y' + \left(1 - \frac{n^2}{x^2}\right) y = 0", "y'' = -y'/x - (1 - n^2/x^2)*y"),
        (r"\begin{equation} \dot{x} = y \quad (2) \end{equation} \begin{equation} \dot{y} = -x \end{equation}",
         "x' = y; y' = -x"),
        (r"Let $\dot{x} = y$ and $\frac{\mathrm dy}{\mathrm dt} = -x$ hold.", "x' = y; y' = -x"),
        (r"\dot{x} = -x, \quad x(0) = x_0", "x' = -x"),
        (r"C \dot{V} = -\bar{g}_{Na} m^3 h (V - E_{Na})", "V' = -g_bar_Na*m^3*h*(V - E_Na)/C"),
        (r"\ddot{r} = r\dot{\theta}^2 - \frac{\mu}{r^2} \\ \ddot{\theta} = -\frac{2\dot r\dot\theta}{r}",
         "r'' = r*theta'^2 - mu/r^2; theta'' = -2*r'*theta'/r"),
        (r"\dot{x}(t) = -k x(t) + u(t)", "x' = -k*x + u(t)"),
        (r"\dot{N} = rN\left(1 - \frac{N}{K}\right) - \frac{aN^2}{b^2 + N^2}; r = 0.5",
         "N' = r*N*(1 - N/K) - a*N^2/(b^2 + N^2)"),
        (r"v = kx, \quad \dot{x} = -\frac12 v \cdot |x|", "x' = -k*x*abs(x)/2"),
        (r"dx/dt = \alpha x - \beta xy \\ dy/dt = \delta xy - \gamma y",
         "x' = alpha*x - beta*x*y; y' = delta*x*y - gamma*y"),
        (r"y^{(4)} = \omega^4 y + \sin^2 y", "y^(4) = omega^4*y + sin(y)^2"),
    ],
    "index": [
        ("x[i]' = -k*x[i], i = 1..3", "x1' = -k*x1; x2' = -k*x2; x3' = -k*x3"),
        ("x[i]'' = k*(x[i+1] - 2*x[i] + x[i-1])/m[i], i = 1..3; x[0] = 0; x[4] = 0",
         "x1'' = k*(x2 - 2*x1)/m1; x2'' = k*(x3 - 2*x2 + x1)/m2; x3'' = k*(x2 - 2*x3)/m3"),
        ("theta[i]' = w[i] + K/2*sum(sin(theta[j] - theta[i]), j = 1..2), i = 1..2",
         "theta1' = w1 + K/2*sin(theta2 - theta1); theta2' = w2 + K/2*sin(theta1 - theta2)"),
        ("x[0]' = x[1]\nx[1]' = -x[0]", "x0' = x1; x1' = -x0"),
        ("der(q[i]) = p[i] for i in 1:2\nder(p[i]) = -q[i] for i in 1:2", "q1' = p1; q2' = p2; p1' = -q1; p2' = -q2"),
        ("dx[i]/dt = sum(A[i, j]*x[j], j = 1..2), i = 1..2", "x1' = A1_1*x1 + A1_2*x2; x2' = A2_1*x1 + A2_2*x2"),
        ("u[i]' = (u[i+1] - u[i-1])/(2*h), i = 1..2\nu[0] = u[1]\nu[3] = sin(t)",
         "u1' = (u2 - u1)/(2*h); u2' = (sin(t) - u1)/(2*h)"),
        ("m*x[i]'' = F - k*x[i], i = 1..2", "x1'' = (F - k*x1)/m; x2'' = (F - k*x2)/m"),
        ("x[i]'' = i*x[i], i = 1..2", "x1'' = x1; x2'' = 2*x2"),
        ("x[2*i]' = x[2*i - 1], i = 1..2; x[2*i - 1]' = 0, i = 1..2", "x2' = x1; x4' = x3; x1' = 0; x3' = 0"),
    ],
    "definitions": [
        ("v = k*S/(K + S); S' = -v; P' = v", "S' = -k*S/(K + S); P' = k*S/(K + S)"),
        ("x' = -k*x; x(0) = 1; k = 0.25", "x' = -k*x"),
        ("k = 1; x'' = -k*x; x(0) = 1; x'(0) = 0.5", "x'' = -k*x"),
        ("dS/dt = -v1 + v2\nv1 = a*S # uptake\nv2 = b*v1", "S' = -a*S + b*a*S"),
        ("w = 2*x\nx'' + w = 0", "x'' = -2*x"),
        ("f = 1 - y^2; y'(t) = f*y(t)", "y' = (1 - y^2)*y"),
        ("k = 2; x' = z; y' = -y; 0 = x + y - k*z", "x' = (x + y)/k; y' = -y"),
    ],
    "matrix": [
        ("[[1, 0], [0, m]]*[x', v'] = [v, -k*x]", "x' = v; v' = -k*x/m"),
        ("[[m + M, m*l*cos(q)],\n [m*l*cos(q), m*l^2]] * [x'', q''] = [F, -m*g*l*sin(q)]",
         "(m + M)*x'' + m*l*cos(q)*q'' = F; m*l*cos(q)*x'' + m*l^2*q'' = -m*g*l*sin(q)"),
        ("[x', y'] = [f(x, y), -x]", "x' = f(x, y); y' = -x"),
        ("M = [[2, 1], [1, 2]]\nM*[u', v'] = [-u, -v]  # tent functions", "2*u' + v' = -u; u' + 2*v' = -v"),
        ("[[1, 0], [0, 2]] @ [a', b'] = [b, -a]; c' = a", "c' = a; a' = b; 2*b' = -a"),
        ("[[m]]*[x''] = [-k*x]", "m*x'' = -k*x"),
    ],
}  # fmt: skip
CASES: list[tuple[str, str, str]] = [(name, text, meant) for name, many in READ.items() for text, meant in many]
REFUSED: dict[str, list[tuple[str, str]]] = {
    "pysindy": [
        ("(x0)[k+1] = 0.5 x0[k]", "a model of differences"),
        ("(x)' = 1.0 x\nfitted in 3 s", "no line of PySINDy"),
        ("(u)' = 1.0 u u_1", "partial differential equation"),
        ("(x)' = 1.0 x }", "unexpected '}'"),
    ],
    "xpp": [
        ("par k=1\nx(t+1)=k*x", "an equation of differences"),
        ("par k=1\nglobal 1 x-1 {x=0}\nx'=k", "events change values at once"),
        ("par k=1\nx'=delay(x,1)", "a delay"),
        ("par k=1\nx'=k*x\n0=y-x", "without a derivative"),
        ("par k=1\nx'=k*)", "line 2"),
        ("par k=1\nx'=flr(x)", "it jumps"),
        ("par k=1\na=b\nb=a\nx'=a", "is defined by itself"),
    ],
    "antimony": [
        ("A -> B; k*A\nat (A > 1): A = 0", "events change values at once"),
        ("A -> B", "has no rate"),
        ("A -> B; k*A; what is this", "this statement is not read"),
        ("A -> B; delay(A, 1)", "a delay"),
        ("A* -> B; k", "species with numbers"),
    ],
    "catalyst": [
        ("@reaction_network begin\n A --> B\nend", "rate, A"),
        ("@reaction_network begin\n (k1, k2, k3), A <--> B\nend", "two rates"),
        ("@variables x(t)\n0 ~ x - 1", "no derivative"),
        ("@variables x(t)\nD(x) ~ x(t - 1)", "at another place than t"),
        ("@reaction_network begin\n @discrete_events 1.0 => [A ~ 0]\n k, A --> B\nend", "events change values at once"),
    ],
    "modelica": [
        ("model M\n Real x;\nequation\n der(x) = 1;\n when x > 1 then reinit(x, 0); end when;\nend M;", "events change"),
        ("model M\n Real x[3];\nequation\n der(x) = x;\nend M;", "arrays are not read"),
        ("model M\n Real x;\nequation\n der(x) = delay(x, 1);\nend M;", "a delay"),
        ("model M\n Real x, ;\nequation\n der(x) = 1;\nend M;", "a name is missing"),
        ("model M\n Real x; Real y;\nequation\n der(x) = y;\n x + y = 1;\nend M;", "no derivative and no single name"),
        ("model M\n Real x;\nequation\n connect(a, b);\n der(x) = 1;\nend M;", "not flat"),
    ],
    "latex": [
        (r"\frac{\partial u}{\partial t} = \frac{\partial^2 u}{\partial x^2}", "partial derivatives"),
        (r"\dot{x} = \int_0^t x \, ds", "integrals are not read"),
        (r"\dot{x} = f(x)", "may be a function or a product"),
        (r"\dot{x} = \sin^{-1} x", "may be an inverse or a quotient"),
        (r"\frac{d^2x}{dt} = x", "two different orders"),
        (r"\dot{x} = (x", "ends too early"),
        (r"\dot{x} = \begin{pmatrix} 1 \end{pmatrix}", "write an equation for each component"),
        (r"\dot{x} = \unknowncommand x", r"unknowncommand is not read"),
        (r"\sigma x = 3", "no derivative"),
        (r"\dot{x} = a x/b y", "may be"),
        (r"\dot{\mathbf{x}} = A \mathbf{x}", "vectors are not read"),
        (r"\dot{x} = \begin{cases} 1 \\ 2 \end{cases}", "an equation for each piece"),
    ],
    "index": [
        ("x[i]' = x[i+1], i = 1..3", r"x\[4\] has no equation"),
        ("x[i]' = -x[i]", "i is no index here"),
        ("x[i]' = -x[i], i = 1..N", "has no range"),
        ("x[i]' = x[1.5], i = 1..2", "no index here"),
    ],
    "definitions": [
        ("v = w; w = v + 1; x' = v", "is defined by itself"),
        ("v = 2; v = 3; x' = v", "is given twice"),
        ("v = x; x' = v; x(1) = 2", "a number at 0"),
        ("v = x; x' = v(", "not closed"),
        ("k = 2; x' = z; 0 = x - k", "a condition of the unknowns alone"),
    ],
    "matrix": [
        ("[[1, 0], [0, m]]*[x', v', w'] = [v, -k*x, 0]", "a matrix of 2 by 2 before 3 derivatives"),
        ("[x', y'] = [1]", "2 derivatives and 1 right sides"),
        ("M*[x', y'] = [y, -x]", "M has no value"),
        ("[[1, 0], [0, ]]*[x', y'] = [y, x]", "an entry is missing"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "meant"), CASES)
def test_read_as_it_is_meant(name: str, text: str, meant: str) -> None:
    assert form_of_text(text) == name
    given = ODESystem.from_model(text)
    plain = ODESystem.parse(meant, independent=given.independent.name)
    assert (given.unknowns, given.orders, given.independent) == (plain.unknowns, plain.orders, plain.independent)
    assert all((a - b).expand() == 0 for a, b in zip(given.rhs, plain.rhs, strict=True))


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, text, _ in CASES])
def test_what_is_printed_reads_back_and_prints_the_same(name: str, text: str) -> None:
    model = read_model(text)
    again = read_model(problem_text(model))
    assert again.exact.rhs == model.exact.rhs
    assert equation_lines(again) == equation_lines(model)
    assert again.initial == model.initial
    assert read_file_text(problem_text(model)).form.rhs == model.exact.rhs


@pytest.mark.parametrize(("name", "text", "message"), [(name, *case) for name, many in REFUSED.items() for case in many])
def test_refused_with_place_and_reason(name: str, text: str, message: str) -> None:
    with pytest.raises(LiesymError, match=message) as caught:
        read_model(text, name)
    if isinstance(caught.value, ParseError) and "two different" not in message:
        assert caught.value.line and caught.value.source


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("d2x/dt2 = -x", "x'' = -x"),
        ("der(x) = y; der(y) = -x", "x' = y; y' = -x"),
        ("der(der(x)) = -der(x)", "x'' = -x'"),
        ("x_dot = y\ny_dot = -x", "x' = y; y' = -x"),
        ("x_ddot = -k*x - c*x_dot", "x'' = -k*x - c*x'"),
        ("qdot = p; pdot = -q", "q' = p; p' = -q"),
        ("dxdt = -a*x; dydt = dxdt", "x' = -a*x; y' = x'"),
        ("Derivative(x(t), (t, 2)) = -x(t)", "x'' = -x"),
        ("diff(x(t), t) = -y(t); D(y(t), t) = x(t)", "x' = -y; y' = x"),
        ("x''[t] == -x[t]", "x'' = -x"),
        ("d[A]/dt = -k*[A]*[B]; d[B]/dt = -k*[A]*[B]", "A' = -k*A*B; B' = -k*A*B"),
        ("x' = y // first\ny' = -x % second", "x' = y; y' = -x"),
        ("x' = z; y' = w; 0 = x + y - z - w; 0 = z - 2*w", "x' = 2*(x + y)/3; y' = (x + y)/3"),
        ("x' = -c*x + k*z; e - z*(x + 1) = 0; e' = 0", "x' = -c*x + k*e/(x + 1); e' = 0"),
    ],
)
def test_other_ways_to_write_equations(text: str, meant: str) -> None:
    for given in (read_problem_text(text).system, ODESystem.from_model(text)):
        plain = ODESystem.parse(meant)
        assert (given.unknowns, given.orders, given.independent) == (plain.unknowns, plain.orders, plain.independent)
        assert all((a - b).cancel() == 0 for a, b in zip(given.rhs, plain.rhs, strict=True))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x' = -x + z; 0 = z^2 + x*z - 1", "not linear, and there may be several"),
        ("x' = z; y' = -z; 0 = x^2 + y^2 - 1", "a condition of the unknowns alone: the index is above 1"),
        ("x' = z; 0 = x + k*z", "which of k, z it gives a value to is open"),
        ("x' = z + w; 0 = z + w - x; 0 = 2*z + 2*w + x", "not determined"),
        ("x' = x > 1", "heaviside"),
        ("x_dot' = y; x_dot = -x", "no derivative"),
        ("d[A]/dt = -k[A]", "unexpected character"),
    ],
)
def test_what_cannot_be_read_so_is_refused(text: str, message: str) -> None:
    with pytest.raises(ParseError, match=message) as caught:
        read_problem_text(text)
    assert caught.value.line and caught.value.expected


def test_values_are_kept() -> None:
    model = read_model("par a=0.7, b=.8\nx'=-a*x+b\ninit x=2\n")
    assert {p.name: p.value for p in model.form.parameters} == {"a": 0.7, "b": 0.8} and model.initial == (("x", 2.0),)
    model = read_model("model M\n Real x(start = 1.5);\n parameter Real k = 2;\nequation\n der(x) = -k*x;\nend M;")
    assert [(p.name, p.value) for p in model.form.parameters] == [("k", 2.0)] and model.initial == (("x", 1.5),)
    model = read_model("S1 -> S2; k1*S1\nk1 = 0.1; S1 = 10")
    assert [(p.name, p.value) for p in model.form.parameters] == [("k1", 0.1)] and model.initial == (("S1", 10.0),)
    model = read_model(r"\dot{x} = -\sigma x, \sigma = 10, x(0) = 2")
    assert [(p.name, p.value) for p in model.form.parameters] == [("sigma", 10.0)] and model.initial == (("x", 2.0),)


def test_a_form_that_is_named() -> None:
    assert read_model("x' = -x\nk = 2*x", "xpp").form.rhs == read_model("x' = -x").form.rhs
    with pytest.raises(ParseError, match="there is no form 'sas'"):
        read_model("x' = -x", "sas")


def test_plain_equations_stay_plain() -> None:
    for text in (
        "x' = -x",
        "x'' + x = 0; y' = f(x)",
        "dx/dt = x*y; dy/dt = -y",
        "x' = -x  # a > b; c",
        "y = x'; x = 2*y'",
        "y = 3",
        "x*y = x'; y' = 1",
    ):
        assert form_of_text(text) == "text"
