# A marimo app: solvable demo diagonal

import marimo

app = marimo.App(width="full", app_title="Diagonal linear networks", css_file="page.css")


@app.cell
def _():
    import marimo as mo

    from figures.demos import controls
    from figures.demos.logic import diagonal

    return controls, diagonal, mo


@app.cell
def _(controls, diagonal, mo):
    start = diagonal.START
    optimizer = mo.ui.dropdown(diagonal.OPTIMIZERS, value=start["optimizer"], label="optimizer", full_width=True)
    step_size = controls.slider(diagonal.STEPS, start["step_size"], "step size h")
    scale = controls.slider(diagonal.SCALES, start["scale"], "scale of the start")
    noise = controls.slider(diagonal.NOISES, start["noise"], "label noise")
    controls.sidebar(
        diagonal.TITLE,
        r"""
        $\beta = u^2 - v^2$, 20 samples, 40 features, 3 of them true.

        **Theorem.** Every step multiplies $u$ and $v$. So $\beta$ has the least hyperbolic entropy of all $b$
        with the same $Xb$, for the scale $|uv|$ that the steps leave.

        *Make the scale small, then large. At scale 1, add noise. Then try Adam.*
        """,
        [optimizer, step_size, scale, noise],
    )
    return noise, optimizer, scale, step_size


@app.cell
def _(controls, diagonal, noise, optimizer, scale, step_size):
    arrays = diagonal.compute(optimizer.value, step_size.value, scale.value, noise.value)
    controls.shown(diagonal, arrays)
    return


if __name__ == "__main__":
    app.run()
