"""For Spack: put this file into packages/jettag/ of a repository of yours, and `spack install jettag`."""

from spack.package import depends_on, extends, license, variant, version
from spack_repo.builtin.build_systems.meson import MesonPackage


class Jettag(MesonPackage):
    """Scores boosted top jets: a jet's constituents in, the probability of a top quark out.

    Networks of arXiv:2512.05031 and arXiv:1803.00107 behind a small C ABI.
    """

    license("Apache-2.0", checked_by="jettag")

    # No release has an archive yet: `spack develop --path CHECKOUT jettag@=0.1.0`, or url and sha256 here.
    version("0.1.0")

    variant("python", default=True, description="Install the Python package, with the models inside")
    variant("onednn", default=False, description="The oneDNN backend, as a module beside the library")
    variant("cuda", default=False, description="The CUDA backend, as a module beside the library")
    variant("tests", default=False, description="Build the C tests")

    depends_on("c", type="build")
    depends_on("cxx", type="build", when="+tests")
    depends_on("meson@1.0:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("cjson@1.7:")
    depends_on("cmocka", when="+tests")
    depends_on("onednn@3:", when="+onednn")
    depends_on("cuda@13:", when="+cuda")
    depends_on("cudnn@9:", when="+cuda")

    extends("python", when="+python")
    depends_on("python@3.11:", type=("build", "run"), when="+python")
    depends_on("py-numpy@1.24:", type=("build", "run"), when="+python")

    def meson_args(self):
        """Options of meson_options.txt."""
        spec = self.spec
        arguments = [
            f"-Dtests={'true' if '+tests' in spec else 'false'}",
            f"-Dwheel={'true' if '+python' in spec else 'false'}",
            f"-Donednn={'enabled' if '+onednn' in spec else 'disabled'}",
            f"-Dcuda={'enabled' if '+cuda' in spec else 'disabled'}",
        ]
        if "+onednn" in spec:
            arguments.append(f"-Donednn_root={spec['onednn'].prefix}")
        return arguments
