# A marimo app: solvable demo scalar

import marimo

app = marimo.App(width="full", app_title="Scalar factorization", css_file="page.css")


@app.cell
def _():
    from figures.demos import controls
    from figures.demos.logic import scalar

    return controls, scalar


@app.cell
def _(controls, scalar):
    start = scalar.START
    u = controls.slider(scalar.POINTS, start["u"], "start u")
    v = controls.slider(scalar.POINTS, start["v"], "start v")
    step_size = controls.slider(scalar.STEPS, start["step_size"], "step size h")
    controls.sidebar(
        scalar.TITLE,
        r"""
        Gradient descent on $\frac12 (uv - 1)^2$.

        **Theorem.** Descent stays bounded exactly if it starts inside the ellipse $E \le 1$. Its modified
        flows, with 2 and 3 terms, follow it longer than gradient flow does.

        *Raise h until the flows fail, then until $2/h$ stops the sharpness, then until the start leaves the
        ellipse.*
        """,
        [u, v, step_size],
    )
    return step_size, u, v


@app.cell
def _(controls, scalar, step_size, u, v):
    arrays = scalar.compute(u.value, v.value, step_size.value)
    controls.shown(scalar, arrays)
    return


if __name__ == "__main__":
    app.run()
