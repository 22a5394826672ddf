# A marimo app: solvable demo diagonal

import marimo

app = marimo.App(width="full", app_title="Diagonal linear networks", css_file="page.css")


@app.cell
def _():
    import marimo as mo

    from figures.demos.logic import diagonal, page

    return mo, page, diagonal


@app.cell
def _(mo, diagonal):
    start = diagonal.START
    optimizer = mo.ui.dropdown(diagonal.OPTIMIZERS, value=start["optimizer"], label="optimizer", full_width=True)
    step_size = mo.ui.slider(
        steps=diagonal.STEPS, value=start["step_size"], label="step size h", show_value=True, full_width=True
    )
    scale = mo.ui.slider(
        steps=diagonal.SCALES, value=start["scale"], label="scale of the start", show_value=True, full_width=True
    )
    noise = mo.ui.slider(
        steps=diagonal.NOISES, value=start["noise"], label="label noise", show_value=True, full_width=True
    )
    mo.sidebar(
        [
            mo.md(f"## {diagonal.TITLE}"),
            mo.vstack([optimizer, step_size, scale, noise], gap=0.6),
            mo.md(
                r"""
                $\beta = u^2 - v^2$, 20 samples, 40 features, 3 of them true.

                **Theorem.** Every step multiplies $u$ and $v$. So $\beta$ has the least hyperbolic entropy of all $b$
                with the same $Xb$, for the scale $|uv|$ that the steps leave.

                *Make the scale small, then large. At scale 1, add noise. Then try Adam.*
                """
            ),
        ],
        width="270px",
    )
    return noise, optimizer, scale, step_size


@app.cell
def _(diagonal, mo, noise, optimizer, page, scale, step_size):
    arrays = diagonal.compute(optimizer.value, step_size.value, scale.value, noise.value)
    mo.vstack(
        [mo.Html(page.image(diagonal.draw(arrays), diagonal.TITLE)), mo.Html(page.table(diagonal.numbers(arrays)))]
    )
    return


if __name__ == "__main__":
    app.run()
