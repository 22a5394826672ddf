# A marimo app: solvable demo relu

import marimo

app = marimo.App(width="full", app_title="ReLU networks on a line", css_file="page.css")


@app.cell
def _():
    import marimo as mo

    from figures.demos import controls
    from figures.demos.logic import relu

    return controls, mo, relu


@app.cell
def _(controls, mo, relu):
    start = relu.START
    points = mo.ui.array(
        [mo.ui.slider(-1.0, 1.0, 0.1, value=y, orientation="vertical", show_value=False) for y in start["values"]]
    )
    noise = controls.slider(relu.NOISES, start["noise"], "label noise")
    width = controls.slider(relu.WIDTHS, start["width"], "neurons")
    scale = controls.slider(relu.SCALES, start["scale"], "scale of the start")
    draw = controls.slider(relu.DRAWS, start["draw"], "draw of the start")
    controls.sidebar(
        relu.TITLE,
        r"""
        *Drag the points. Then add noise: $R = \overline{|\nabla f|^2}$ falls, knots merge.*

        **Theorem.** $\int |f''|$ is least where dots are connected, and for the sparsest interpolant. Label
        noise descends $R$, which need not choose the sparsest.
        """,
        [points.hstack(justify="space-between", gap=0.1), noise, width, scale, draw],
    )
    return draw, noise, points, scale, width


@app.cell
def _(controls, draw, noise, points, relu, scale, width):
    arrays = relu.compute(points.value, noise.value, width.value, scale.value, draw.value)
    controls.shown(relu, arrays)
    return


if __name__ == "__main__":
    app.run()
