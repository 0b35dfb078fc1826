// FastJet contrib on jets from a file: the peer of tests/bench/features/compare.py.
//
//     fastjet_peer JETS OUT RESULTS_OF
//
// JETS: int64 number of jets, int64 offsets (jets + 1), then px, py, pz, E as doubles. RESULTS_OF is `naive`, one
// object per observable as its users call it, or `once`, every distinct correlator once and one clustering for all
// axes. OUT receives 53 doubles and the seconds taken per jet.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <ctime>
#include <vector>

#include <fastjet/ClusterSequence.hh>
#include <fastjet/contrib/EnergyCorrelator.hh>
#include <fastjet/contrib/Nsubjettiness.hh>
#include <fastjet/contrib/NjettinessPlugin.hh>

namespace fj = fastjet;
namespace fjc = fastjet::contrib;
using Observable = fj::FunctionOfPseudoJet<double>;
using Owned = std::unique_ptr<Observable>;

namespace
{

const double betas[3] = {0.5, 1, 2};
const auto measure = fjc::EnergyCorrelator::pt_R;

struct Kinematics {
    static void put(const fj::PseudoJet &jet, double *out)
    {
        out[0] = jet.perp();
        out[1] = jet.eta();
        out[2] = jet.phi_std();
        out[3] = jet.m();
        out[4] = static_cast<double>(jet.constituents().size());
    }
};

// Processor time: what else runs on the machine does not count.
double now()
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

double finite_or_zero(double x)
{
    return std::isfinite(x) ? x : 0.0;
}

double correlator(int v, int n, double beta, const fj::PseudoJet &jet)
{
    return fjc::EnergyCorrelatorGeneralized(v, n, beta, measure).result(jet);
}

void put_d3(double e2, double e3, double e4, double *out)
{
    double t1 = e4 * std::pow(e2, 0.9) / std::pow(e3, 2.25);
    double t2 = e4 * std::pow(e2, 0.5) / std::pow(e3, 1.5);
    double t3 = e4 * std::pow(e2, 0.5) / (e3 * e3);
    out[0] = t1 + 5 * t2 + 0.35 * t3;
    out[1] = t1;
    out[2] = t2;
    out[3] = t3;
}

class Naive
{
  public:
    Naive()
    {
        for (double beta : betas)
            for (int n = 1; n <= 5; n++)
                add<fjc::NsubjettinessRatio>(n + 1, n, fjc::WTA_KT_Axes(), fjc::UnnormalizedMeasure(beta));
        for (double beta : {1.0, 2.0})
            for (int n = 1; n <= 3; n++)
                add<fjc::EnergyCorrelatorCseries>(n, beta, measure);
        for (auto pair : {std::pair<double, double>(1, 1), {1, 2}, {2, 1}, {2, 2}})
            add<fjc::EnergyCorrelatorGeneralizedD2>(pair.first, pair.second, measure);
        n_before_d3_ = observables_.size();
        for (double beta : betas)
            for (int n = 1; n <= 3; n++)
                add<fjc::EnergyCorrelatorUseries>(n, beta, measure);
        for (double beta : {1.0, 2.0})
            for (int n = 2; n <= 3; n++)
                add<fjc::EnergyCorrelatorMseries>(n, beta, measure);
        for (double beta : {1.0, 2.0})
            for (int n = 2; n <= 3; n++)
                add<fjc::EnergyCorrelatorNseries>(n, beta, measure);
    }

    void operator()(const fj::PseudoJet &jet, double *out) const
    {
        Kinematics::put(jet, out);
        double *at = out + 5;
        for (std::size_t i = 0; i < observables_.size(); i++) {
            if (i == n_before_d3_) {
                put_d3(correlator(-1, 2, 2, jet), correlator(-1, 3, 0.8, jet), correlator(-1, 4, 0.6, jet), at);
                at += 4;
            }
            *at++ = observables_[i]->result(jet);
        }
        *at++ = correlator(3, 3, 1, jet) / std::pow(correlator(1, 2, 2, jet), 1.5);
        *at++ = correlator(1, 3, 1, jet) / std::cbrt(correlator(3, 3, 1, jet));
    }

  private:
    template <class T, class... A> void add(A &&...arguments)
    {
        observables_.emplace_back(new T(std::forward<A>(arguments)...));
    }
    std::vector<Owned> observables_;
    std::size_t n_before_d3_ = 0;
};

class Once
{
  public:
    void operator()(const fj::PseudoJet &jet, double *out) const
    {
        Kinematics::put(jet, out);
        put_taus(jet, out + 5);
        double e2[3], e3[4], e4[4], one3[3], one4[3], two3[3], two4[3];
        for (int b = 0; b < 3; b++) {
            e2[b] = correlator(-1, 2, betas[b], jet);
            one3[b] = correlator(1, 3, betas[b], jet);
            one4[b] = correlator(1, 4, betas[b], jet);
            if (b == 0)
                continue;
            e3[b] = correlator(-1, 3, betas[b], jet);
            e4[b] = correlator(-1, 4, betas[b], jet);
            two3[b] = correlator(2, 3, betas[b], jet);
            two4[b] = correlator(2, 4, betas[b], jet);
        }
        e3[3] = correlator(-1, 3, 0.8, jet);
        e4[3] = correlator(-1, 4, 0.6, jet);
        double *at = out + 20;
        for (int b = 1; b < 3; b++) {
            *at++ = e2[b];
            *at++ = e3[b] / (e2[b] * e2[b]);
            *at++ = e4[b] * e2[b] / (e3[b] * e3[b]);
        }
        *at++ = e3[1] / std::pow(e2[1], 3);
        *at++ = e3[1] / std::pow(e2[2], 1.5);
        *at++ = e3[2] / std::pow(e2[1], 6);
        *at++ = e3[2] / std::pow(e2[2], 3);
        put_d3(e2[2], e3[3], e4[3], at);
        at += 4;
        for (int b = 0; b < 3; b++) {
            *at++ = e2[b];
            *at++ = one3[b];
            *at++ = one4[b];
        }
        for (int b = 1; b < 3; b++) {
            *at++ = one3[b] / e2[b];
            *at++ = one4[b] / one3[b];
        }
        for (int b = 1; b < 3; b++) {
            *at++ = two3[b] / (e2[b] * e2[b]);
            *at++ = two4[b] / (one3[b] * one3[b]);
        }
        *at++ = e3[1] / std::pow(e2[2], 1.5);
        *at++ = one3[1] / std::cbrt(e3[1]);
    }

  private:
    void put_taus(const fj::PseudoJet &jet, double *out) const
    {
        const std::vector<fj::PseudoJet> particles = jet.constituents();
        fj::JetDefinition definition(fj::kt_algorithm, fj::JetDefinition::max_allowable_R, &recombiner_, fj::Best);
        fj::ClusterSequence sequence(particles, definition);
        double tau[6][3];
        for (int n = 1; n <= 6; n++) {
            std::vector<fj::PseudoJet> axes;
            if (static_cast<int>(particles.size()) > n)
                axes = sequence.exclusive_jets(n);
            for (int b = 0; b < 3; b++) {
                tau[n - 1][b] = 0;
                if (axes.empty())
                    continue;
                fjc::Nsubjettiness one(n, fjc::Manual_Axes(), fjc::UnnormalizedMeasure(betas[b]));
                one.setAxes(axes);
                tau[n - 1][b] = one.result(jet);
            }
        }
        for (int b = 0; b < 3; b++)
            for (int n = 0; n < 5; n++)
                *out++ = tau[n + 1][b] / tau[n][b];
    }
    fjc::WinnerTakeAllRecombiner recombiner_;
};

template <class F>
int run(const F &features, const std::vector<int64_t> &offsets, const std::vector<double> &momenta, FILE *out)
{
    for (std::size_t i = 0; i + 1 < offsets.size(); i++) {
        std::vector<fj::PseudoJet> particles;
        for (int64_t k = offsets[i]; k < offsets[i + 1]; k++) {
            const double *p = &momenta[4 * static_cast<std::size_t>(k)];
            particles.emplace_back(p[0], p[1], p[2], p[3]);
        }
        double row[54] = {0};
        const double start = now();
        fj::PseudoJet jet = fj::join(particles);
        features(jet, row);
        row[53] = now() - start;
        for (int k = 0; k < 53; k++)
            row[k] = finite_or_zero(row[k]);
        if (std::fwrite(row, sizeof row, 1, out) != 1)
            return 1;
    }
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    fj::ClusterSequence::set_fastjet_banner_stream(nullptr);
    FILE *in = std::fopen(argv[1], "rb"), *out = std::fopen(argv[2], "wb");
    int64_t n_jets = 0;
    if (!in || !out || std::fread(&n_jets, sizeof n_jets, 1, in) != 1)
        return 1;
    std::vector<int64_t> offsets(static_cast<std::size_t>(n_jets) + 1);
    if (std::fread(offsets.data(), sizeof(int64_t), offsets.size(), in) != offsets.size())
        return 1;
    std::vector<double> momenta(4 * static_cast<std::size_t>(offsets.back()));
    if (std::fread(momenta.data(), sizeof(double), momenta.size(), in) != momenta.size())
        return 1;
    int failed =
        std::strcmp(argv[3], "naive") == 0 ? run(Naive(), offsets, momenta, out) : run(Once(), offsets, momenta, out);
    std::fclose(in);
    return std::fclose(out) != 0 || failed;
}
