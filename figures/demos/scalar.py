# A marimo app: solvable demo scalar

import marimo

app = marimo.App(width="full", app_title="Scalar factorization", css_file="page.css")


@app.cell
def _():
    import marimo as mo

    from figures.demos.logic import page, scalar

    return mo, page, scalar


@app.cell
def _(mo, scalar):
    start = scalar.START
    u = mo.ui.slider(steps=scalar.POINTS, value=start["u"], label="start u", show_value=True, full_width=True)
    v = mo.ui.slider(steps=scalar.POINTS, value=start["v"], label="start v", show_value=True, full_width=True)
    step_size = mo.ui.slider(
        steps=scalar.STEPS, value=start["step_size"], label="step size h", show_value=True, full_width=True
    )
    mo.sidebar(
        [
            mo.md(f"## {scalar.TITLE}"),
            mo.vstack([u, v, step_size], gap=0.6),
            mo.md(
                r"""
                Gradient descent on $\frac12 (uv - 1)^2$.

                **Theorem.** Descent stays bounded exactly if it starts inside the ellipse $E \le 1$. Its modified
                flows, with 2 and 3 terms, follow it longer than gradient flow does.

                *Raise h until the flows fail, then until $2/h$ stops the sharpness, then until the start leaves the
                ellipse.*
                """
            ),
        ],
        width="270px",
    )
    return step_size, u, v


@app.cell
def _(mo, page, scalar, step_size, u, v):
    arrays = scalar.compute(u.value, v.value, step_size.value)
    mo.vstack([mo.Html(page.image(scalar.draw(arrays), scalar.TITLE)), mo.Html(page.table(scalar.numbers(arrays)))])
    return


if __name__ == "__main__":
    app.run()
