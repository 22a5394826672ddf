# A marimo app: solvable demo modified

import marimo

app = marimo.App(width="full", app_title="Modified equations", css_file="page.css")


@app.cell
def _():
    import marimo as mo

    from figures.demos import controls
    from figures.demos.logic import modified

    return controls, mo, modified


@app.cell
def _(controls, mo, modified):
    start = modified.START
    optimizer = mo.ui.dropdown(list(modified.OPTIMIZERS), value=start["optimizer"], label="optimizer", full_width=True)
    order = controls.slider(modified.ORDERS, start["order"], "terms")
    weight = controls.slider(modified.WEIGHTS, start["weight"], "momentum β, radius or strength c")
    step_size = controls.slider(modified.STEPS, start["step_size"], "step size, right")
    controls.sidebar(
        modified.TITLE,
        r"""
        A step of size $h$ is the time-$h$ flow of $\tilde f$, with $f = -\nabla L$. The formula holds for every
        loss; the picture is for $\frac12 (xy - 1)^2$.

        **Theorem.** With $p$ terms the flow is off by $h^p$, at a known height (dashed).

        *Add terms. Then try heavy ball: what does momentum do to $f'f$?*
        """,
        [optimizer, order, weight, step_size],
    )
    return optimizer, order, step_size, weight


@app.cell
def _(controls, mo, modified, optimizer, order, step_size, weight):
    arrays = modified.compute(optimizer.value, order.value, weight.value, step_size.value)
    equation = modified.written(optimizer.value, order.value, weight.value)
    controls.shown(modified, arrays, mo.md(f"$${equation}$$"), room=170 + 42 * (equation.count(r"\\ ") + 1))
    return


if __name__ == "__main__":
    app.run()
