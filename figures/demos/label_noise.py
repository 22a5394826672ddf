# A marimo app: solvable demo label-noise

import marimo

app = marimo.App(width="full", app_title="The slow drift of label noise", css_file="page.css")


@app.cell
def _():
    import marimo as mo

    from figures.demos import controls
    from figures.demos.logic import label_noise

    return controls, label_noise, mo


@app.cell
def _(controls, label_noise, mo):
    start = label_noise.START
    step_size = controls.slider(label_noise.STEPS, start["step_size"], "step size h")
    noise = controls.slider(label_noise.NOISES, start["noise"], "label noise s")
    momentum = controls.slider(label_noise.MOMENTA, start["momentum"], "momentum β")
    u = controls.slider(label_noise.STARTS, start["u"], "start u, at v = 1/u")
    kind = mo.ui.dropdown(label_noise.KINDS, value=start["kind"], label="noise", full_width=True)
    controls.sidebar(
        label_noise.TITLE,
        r"""
        SGD on $\frac12 (uv - 1 - s\xi)^2$ from a minimum: it drifts to where the sharpness
        $\lambda = u^2 + v^2$ is least.

        **Law.** $d \log q = - d\tau \,/\, \big(1 - \frac{h\lambda}{2(1+\beta)}\big)$

        *Change s: the same curve, other steps. Then h: another curve.*
        """,
        [step_size, noise, momentum, u, kind],
    )
    return kind, momentum, noise, step_size, u


@app.cell
def _(controls, kind, label_noise, momentum, noise, step_size, u):
    arrays = label_noise.compute(step_size.value, noise.value, momentum.value, u.value, kind.value)
    controls.shown(label_noise, arrays)
    return


if __name__ == "__main__":
    app.run()
