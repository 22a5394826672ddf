# A marimo app: solvable demo label-noise

import marimo

app = marimo.App(width="full", app_title="The slow drift of label noise", css_file="page.css")


@app.cell
def _():
    import marimo as mo

    from figures.demos.logic import label_noise, page

    return mo, page, label_noise


@app.cell
def _(mo, label_noise):
    start = label_noise.START
    step_size = mo.ui.slider(
        steps=label_noise.STEPS, value=start["step_size"], label="step size h", show_value=True, full_width=True
    )
    noise = mo.ui.slider(
        steps=label_noise.NOISES, value=start["noise"], label="label noise s", show_value=True, full_width=True
    )
    momentum = mo.ui.slider(
        steps=label_noise.MOMENTA, value=start["momentum"], label="momentum β", show_value=True, full_width=True
    )
    u = mo.ui.slider(
        steps=label_noise.STARTS, value=start["u"], label="start u, at v = 1/u", show_value=True, full_width=True
    )
    kind = mo.ui.dropdown(label_noise.KINDS, value=start["kind"], label="noise", full_width=True)
    mo.sidebar(
        [
            mo.md(f"## {label_noise.TITLE}"),
            mo.vstack([step_size, noise, momentum, u, kind], gap=0.6),
            mo.md(
                r"""
                SGD on $\frac12 (uv - 1 - s\xi)^2$ from a minimum: it drifts to where the sharpness
                $\lambda = u^2 + v^2$ is least.

                **Law.** $d \log q = - d\tau \,/\, \big(1 - \frac{h\lambda}{2(1+\beta)}\big)$

                *Change s: the same curve, other steps. Then h: another curve.*
                """
            ),
        ],
        width="270px",
    )
    return kind, momentum, noise, step_size, u


@app.cell
def _(kind, label_noise, mo, momentum, noise, page, step_size, u):
    arrays = label_noise.compute(step_size.value, noise.value, momentum.value, u.value, kind.value)
    mo.vstack(
        [
            mo.Html(page.image(label_noise.draw(arrays), label_noise.TITLE)),
            mo.Html(page.table(label_noise.numbers(arrays))),
        ]
    )
    return


if __name__ == "__main__":
    app.run()
