# A marimo app: solvable demo relu

import marimo

app = marimo.App(width="full", app_title="ReLU networks on a line", css_file="page.css")


@app.cell
def _():
    import marimo as mo

    from figures.demos.logic import page, relu

    return mo, page, relu


@app.cell
def _(mo, relu):
    start = relu.START
    points = mo.ui.array(
        [mo.ui.slider(-1.0, 1.0, 0.1, value=y, orientation="vertical", show_value=False) for y in start["values"]]
    )
    noise = mo.ui.slider(steps=relu.NOISES, value=start["noise"], label="label noise", show_value=True, full_width=True)
    width = mo.ui.slider(steps=relu.WIDTHS, value=start["width"], label="neurons", show_value=True, full_width=True)
    scale = mo.ui.slider(
        steps=relu.SCALES, value=start["scale"], label="scale of the start", show_value=True, full_width=True
    )
    draw = mo.ui.slider(
        steps=relu.DRAWS, value=start["draw"], label="draw of the start", show_value=True, full_width=True
    )
    mo.sidebar(
        [
            mo.md(f"## {relu.TITLE}"),
            points.hstack(justify="space-between", gap=0.1),
            mo.vstack([noise, width, scale, draw], gap=0.6),
            mo.md(
                r"""
                *Drag the points. Then add noise: $R = \overline{|\nabla f|^2}$ falls, knots merge.*

                **Theorem.** $\int |f''|$ is least where dots are connected, and for the sparsest interpolant. Label
                noise descends $R$, which need not choose the sparsest.
                """
            ),
        ],
        width="270px",
    )
    return draw, noise, points, scale, width


@app.cell
def _(draw, mo, noise, page, points, relu, scale, width):
    arrays = relu.compute(points.value, noise.value, width.value, scale.value, draw.value)
    mo.vstack([mo.Html(page.image(relu.draw(arrays), relu.TITLE)), mo.Html(page.table(relu.numbers(arrays)))])
    return


if __name__ == "__main__":
    app.run()
