# A marimo app: solvable demo modified

import marimo

app = marimo.App(width="full", app_title="Modified equations", css_file="page.css")


@app.cell
def _():
    import marimo as mo

    from figures.demos.logic import modified, page

    return mo, page, modified


@app.cell
def _(mo, modified):
    start = modified.START
    optimizer = mo.ui.dropdown(list(modified.OPTIMIZERS), value=start["optimizer"], label="optimizer", full_width=True)
    order = mo.ui.slider(steps=modified.ORDERS, value=start["order"], label="terms", show_value=True, full_width=True)
    weight = mo.ui.slider(
        steps=modified.WEIGHTS,
        value=start["weight"],
        label="momentum β, radius or strength c",
        show_value=True,
        full_width=True,
    )
    step_size = mo.ui.slider(
        steps=modified.STEPS, value=start["step_size"], label="step size, right", show_value=True, full_width=True
    )
    mo.sidebar(
        [
            mo.md(f"## {modified.TITLE}"),
            mo.vstack([optimizer, order, weight, step_size], gap=0.6),
            mo.md(
                r"""
                A step of size $h$ is the time-$h$ flow of $\tilde f$, with $f = -\nabla L$. The formula holds for every
                loss; the picture is for $\frac12 (xy - 1)^2$.

                **Theorem.** With $p$ terms the flow is off by $h^p$, at a known height (dashed).

                *Add terms. Then try heavy ball: what does momentum do to $f'f$?*
                """
            ),
        ],
        width="270px",
    )
    return optimizer, order, step_size, weight


@app.cell
def _(mo, modified, optimizer, order, page, step_size, weight):
    arrays = modified.compute(optimizer.value, order.value, weight.value, step_size.value)
    equation = modified.written(optimizer.value, order.value, weight.value)
    mo.vstack(
        [
            mo.Html(page.image(modified.draw(arrays), modified.TITLE, below=170 + 42 * (equation.count(r"\\ ") + 1))),
            mo.Html(page.table(modified.numbers(arrays))),
            mo.md(f"$${equation}$$"),
        ]
    )
    return


if __name__ == "__main__":
    app.run()
