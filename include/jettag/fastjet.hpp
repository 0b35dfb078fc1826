/*
 * jettag as a FastJet function of a jet: drops into selectors and wherever FastJet takes a function.
 *
 *     jettag::Model model("ensemble-gf.jtm");
 *     jettag::FastJetTagger top(model);
 *     double score = top(jet); // jet: a fastjet::PseudoJet with constituents
 *     fastjet::Selector tops = jettag::SelectorTop(top, model.threshold(0.5));
 *
 * Needs FastJet 3's headers before it. A tagger belongs to one thread at a time.
 */
#ifndef JETTAG_FASTJET_HPP
#define JETTAG_FASTJET_HPP

#include <cmath>
#include <memory>
#include <string>

#include <fastjet/FunctionOfPseudoJet.hh>
#include <fastjet/PseudoJet.hh>
#include <fastjet/Selector.hh>

#include <jettag/jettag.hpp>

namespace jettag
{

/* Score of a jet's constituents, NaN for a jet that cannot be scored. Copies share the model and its memory. */
class FastJetTagger : public fastjet::FunctionOfPseudoJet<double>
{
  public:
    /* Makes a context for the model, which it keeps alive. */
    explicit FastJetTagger(const Model &model) : context_(std::make_shared<Context>(model))
    {
    }

    /* The score; what operator() of FastJet's base class calls. */
    double result(const fastjet::PseudoJet &jet) const override
    {
        return static_cast<double>(context_->tag_jet(jet.constituents()));
    }

    /* In FastJet's manner: what this is, in words. */
    std::string description() const override
    {
        return "score of a top tagger of jettag";
    }

  private:
    std::shared_ptr<Context> context_;
};

namespace detail
{

class ScoreWorker : public fastjet::SelectorWorker
{
  public:
    ScoreWorker(const FastJetTagger &tagger, double threshold) : tagger_(tagger), threshold_(threshold)
    {
    }

    bool pass(const fastjet::PseudoJet &jet) const override
    {
        return tagger_(jet) >= threshold_; /* false for NaN */
    }

    std::string description() const override
    {
        return tagger_.description() + " >= " + std::to_string(threshold_);
    }

  private:
    FastJetTagger tagger_;
    double threshold_;
};

} // namespace detail

/* Jets with a score of at least `threshold`: model.threshold(0.5) for half of all tops. Jets without a score fail. */
inline fastjet::Selector SelectorTop(const FastJetTagger &tagger, double threshold)
{
    return fastjet::Selector(new detail::ScoreWorker(tagger, threshold));
}

} // namespace jettag

#endif /* JETTAG_FASTJET_HPP */
