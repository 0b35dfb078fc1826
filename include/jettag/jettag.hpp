/*
 * jettag for C++17: the C interface with owners, exceptions and vectors. Header only; link with libjettag.
 *
 *     jettag::Model   model("ensemble-gf.jtm");
 *     jettag::Context context(model);
 *     std::vector<float> scores = context.tag(jets);   // jets: a jt_jets, see jettag.h
 *
 * Every object may be moved and not copied; a Model may be shared by threads, a Context belongs to one at a time. What
 * the C functions report as a status is thrown as jettag::Error.
 */
#ifndef JETTAG_JETTAG_HPP
#define JETTAG_JETTAG_HPP

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <jettag/jettag.h>

namespace jettag
{

/* A failed call: what() says it in words; status, byte offset and header key as in jt_error. */
class Error : public std::runtime_error
{
  public:
    /* Thrown by the classes below; a program may throw it as well. */
    Error(jt_status status_, const std::string &text, std::int64_t offset_ = -1, const std::string &key_ = "")
        : std::runtime_error(text), status(status_), offset(offset_), key(key_)
    {
    }
    jt_status status;    /* never JT_OK */
    std::int64_t offset; /* in the model file, -1 when it is about none */
    std::string key;     /* of the model file's header, "" when it is about none */
};

namespace detail
{

inline void check(jt_status status, const jt_error &error)
{
    if (status != JT_OK)
        throw Error(status, error.text[0] ? error.text : jt_status_text(status), error.offset, error.key);
}

/* The energy by whichever name a particle has for it. */
template <class Particle> auto energy(const Particle &particle, int) -> decltype(particle.e())
{
    return particle.e();
}
template <class Particle> auto energy(const Particle &particle, long) -> decltype(particle.E())
{
    return particle.E();
}

inline jt_error no_error()
{
    jt_error error = jt_error();
    error.size = sizeof error;
    return error;
}

} // namespace detail

/* A model file, loaded for one backend. */
class Model
{
  public:
    /* Read a .jtm file for a backend, "auto" unless given. */
    explicit Model(const std::string &path, const char *backend = nullptr)
    {
        jt_model_options options = jt_model_options();
        options.size = sizeof options;
        options.backend = backend;
        jt_error error = detail::no_error();
        jt_model *model = nullptr;
        detail::check(jt_model_load(path.c_str(), &options, &model, &error), error);
        model_.reset(model);
    }

    /* The same from bytes in memory, which are not needed afterwards. */
    Model(const void *bytes, std::size_t length, const jt_model_options *options = nullptr)
    {
        jt_error error = detail::no_error();
        jt_model *model = nullptr;
        detail::check(jt_model_load_memory(bytes, length, options, &model, &error), error);
        model_.reset(model);
    }

    /* What the model is and needs; strings live as long as the model. */
    jt_model_info info() const
    {
        jt_model_info info = jt_model_info();
        info.size = sizeof info;
        detail::check(jt_model_info_get(model_.get(), &info), detail::no_error());
        return info;
    }

    /* Score at and above which a jet is tagged, for a wanted signal efficiency. */
    double threshold(double signal_efficiency) const
    {
        jt_working_point point = jt_working_point();
        point.size = sizeof point;
        if (jt_model_threshold(model_.get(), signal_efficiency, &point) != JT_OK)
            throw Error(JT_ERROR_ARGUMENT, "no working points around this signal efficiency");
        return point.threshold;
    }

    /* Largest difference from the golden scores in the file. */
    double selftest() const
    {
        double largest = 0;
        jt_error error = detail::no_error();
        detail::check(jt_model_selftest(model_.get(), &largest, &error), error);
        return largest;
    }

    /* For the C functions; it stays the model's own. */
    const jt_model *get() const
    {
        return model_.get();
    }

  private:
    struct Free {
        void operator()(jt_model *model) const
        {
            jt_model_free(model);
        }
    };
    std::unique_ptr<jt_model, Free> model_;
};

/* One thread's working memory for a model. */
class Context
{
  public:
    /* Make all memory now; zeros mean the defaults of jt_context_options. The context keeps the model alive. */
    explicit Context(const Model &model, std::int32_t max_batch = 0, std::int32_t max_constituents = 0,
                     std::int32_t threads = 0)
    {
        jt_context_options options = jt_context_options();
        options.size = sizeof options;
        options.max_batch = max_batch;
        options.max_constituents = max_constituents;
        options.threads = threads;
        jt_error error = detail::no_error();
        jt_context *context = nullptr;
        detail::check(jt_context_create(model.get(), &options, &context, &error), error);
        context_.reset(context);
    }

    /* Scores, NaN for a jet that cannot be scored; statuses (jt_jet_status), if asked for, say why. */
    std::vector<float> tag(const jt_jets &jets, std::vector<std::uint8_t> *statuses = nullptr)
    {
        std::vector<float> scores(static_cast<std::size_t>(jets.n_jets < 0 ? 0 : jets.n_jets));
        if (statuses)
            statuses->resize(scores.size());
        jt_output output = jt_output();
        output.size = sizeof output;
        output.scores = scores.data();
        output.statuses = statuses ? statuses->data() : nullptr;
        jt_status status = jt_tag_jets(context_.get(), &jets, &output);
        if (status != JT_OK)
            throw Error(status, jt_context_error(context_.get()));
        return scores;
    }

    /* Jets as (px, py, pz, E) in GeV, one after the other, jet i from offsets[i] to offsets[i + 1] - 1. */
    std::vector<float> tag(const std::vector<double> &momenta, const std::vector<std::int64_t> &offsets,
                           std::vector<std::uint8_t> *statuses = nullptr)
    {
        if (offsets.empty())
            throw Error(JT_ERROR_ARGUMENT, "offsets holds one value more than there are jets, so at least one");
        if (offsets.back() > static_cast<std::int64_t>(momenta.size() / 4))
            throw Error(JT_ERROR_ARGUMENT, "offsets reach beyond the momenta");
        jt_jets jets = jt_jets();
        jets.size = sizeof jets;
        jets.n_jets = static_cast<std::int64_t>(offsets.size()) - 1;
        jets.offsets = offsets.data();
        jets.n_constituents = static_cast<std::int64_t>(momenta.size() / 4);
        jets.momenta = momenta.data();
        return tag(jets, statuses);
    }

    /*
     * One jet, from particles in GeV that have px(), py(), pz() and e() or E(), as those of FastJet and ROOT's
     * LorentzVector do: any range of them. NaN where it cannot be scored; *jet_status says why.
     */
    template <class Particles> float tag_jet(const Particles &particles, jt_jet_status *jet_status = nullptr)
    {
        momenta_.clear();
        for (const auto &particle : particles) {
            momenta_.push_back(static_cast<double>(particle.px()));
            momenta_.push_back(static_cast<double>(particle.py()));
            momenta_.push_back(static_cast<double>(particle.pz()));
            momenta_.push_back(static_cast<double>(detail::energy(particle, 0)));
        }
        const std::int64_t offsets[2] = {0, static_cast<std::int64_t>(momenta_.size() / 4)};
        jt_jets jets = jt_jets();
        jets.size = sizeof jets;
        jets.n_jets = 1;
        jets.offsets = offsets;
        jets.n_constituents = offsets[1];
        jets.momenta = momenta_.data();
        float score = 0;
        std::uint8_t why = 0;
        jt_output output = jt_output();
        output.size = sizeof output;
        output.scores = &score;
        output.statuses = &why;
        const jt_status status = jt_tag_jets(context_.get(), &jets, &output);
        if (status != JT_OK)
            throw Error(status, jt_context_error(context_.get()));
        if (jet_status)
            *jet_status = static_cast<jt_jet_status>(why);
        return score;
    }

    /* For the C functions; it stays the context's own. */
    jt_context *get() const
    {
        return context_.get();
    }

  private:
    struct Free {
        void operator()(jt_context *context) const
        {
            jt_context_free(context);
        }
    };
    std::unique_ptr<jt_context, Free> context_;
    std::vector<double> momenta_; /* of tag_jet, kept from call to call */
};

} // namespace jettag

#endif /* JETTAG_JETTAG_HPP */
