#include "workers.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "core/float_guard.h"

enum { PIECES_PER_THREAD = 32, LARGEST_PIECE = 1024 };

typedef struct worker {
    struct jt_workers *workers;
    jt_context *context; /* its own */
    pthread_t thread;
    int started;
} worker;

struct jt_workers {
    jt_host host;
    pid_t process; /* threads do not come along when a process forks */
    int32_t n;
    worker *all;

    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    uint64_t call_number; /* of the call to work on; below, what it is */
    int32_t busy;         /* workers that have not finished it */
    int stopping;
    jt_piece_function function;
    const void *call;
    int64_t n_jets, piece;
    atomic_int_fast64_t next; /* first jet that nobody has taken */
    jt_status status;         /* of the first failure; its words are in `error` */
    char error[sizeof((jt_context *)NULL)->error];
};

/* Take pieces until none is left. */
static void work(struct jt_workers *workers, jt_context *context)
{
    for (;;) {
        const int64_t first = atomic_fetch_add(&workers->next, workers->piece);
        if (first >= workers->n_jets)
            return;
        const int64_t left = workers->n_jets - first;
        const int64_t n = left < workers->piece ? left : workers->piece;
        const jt_status status = workers->function(context, workers->call, first, n);
        if (status == JT_OK)
            continue;
        pthread_mutex_lock(&workers->mutex);
        if (workers->status == JT_OK) {
            workers->status = status;
            snprintf(workers->error, sizeof workers->error, "%s", context->error);
        }
        pthread_mutex_unlock(&workers->mutex);
        atomic_store(&workers->next, workers->n_jets);
        return;
    }
}

static void *live(void *argument)
{
    worker *self = argument;
    struct jt_workers *workers = self->workers;
    /* A thread inherits its maker's floating-point state. */
    jt_float_guard guard;
    jt_float_guard_enter(&guard);
    uint64_t seen = 0;
    pthread_mutex_lock(&workers->mutex);
    for (;;) {
        while (!workers->stopping && workers->call_number == seen)
            pthread_cond_wait(&workers->wake, &workers->mutex);
        if (workers->stopping)
            break;
        seen = workers->call_number;
        pthread_mutex_unlock(&workers->mutex);
        work(workers, self->context);
        pthread_mutex_lock(&workers->mutex);
        if (--workers->busy == 0)
            pthread_cond_signal(&workers->done);
    }
    pthread_mutex_unlock(&workers->mutex);
    jt_float_guard_leave(&guard);
    return NULL;
}

/* The caller's signal handlers run on the caller's threads. */
static int start_thread(worker *worker)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    worker->started = pthread_create(&worker->thread, NULL, live, worker) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return worker->started;
}

jt_status jt_workers_start(jt_context *context, const jt_context_options *options, jt_error *error)
{
    const jt_host *host = &context->model->host;
    jt_context_options alone = *options;
    alone.threads = 1;
    struct jt_workers *workers = jt_allocate(host, 1, sizeof *workers);
    if (!workers)
        return jt_fail(error, JT_ERROR_MEMORY, -1, NULL, "no memory for threads");
    context->workers = workers;
    workers->host = *host;
    workers->process = getpid();
    pthread_mutex_init(&workers->mutex, NULL);
    pthread_cond_init(&workers->wake, NULL);
    pthread_cond_init(&workers->done, NULL);
    workers->n = options->threads - 1;
    workers->all = jt_allocate(host, (size_t)workers->n, sizeof *workers->all);
    jt_status status = JT_ERROR_MEMORY;
    if (!workers->all) {
        jt_fail(error, status, -1, NULL, "no memory for threads");
        goto failed;
    }
    for (int32_t i = 0; i < workers->n; i++) {
        workers->all[i].workers = workers;
        status = jt_context_make(context->model, &alone, &workers->all[i].context, error);
        if (status != JT_OK)
            goto failed;
        if (!start_thread(&workers->all[i])) {
            status = jt_fail(error, JT_ERROR_MEMORY, -1, NULL, "thread %d of %d cannot be started", i + 1, workers->n);
            goto failed;
        }
    }
    return JT_OK;

failed:
    jt_workers_stop(context);
    return status;
}

void jt_workers_stop(jt_context *context)
{
    struct jt_workers *workers = context->workers;
    if (!workers)
        return;
    context->workers = NULL;
    const jt_host host = workers->host;
    const int ours = workers->process == getpid();
    if (ours) {
        pthread_mutex_lock(&workers->mutex);
        workers->stopping = 1;
        pthread_cond_broadcast(&workers->wake);
        pthread_mutex_unlock(&workers->mutex);
    }
    for (int32_t i = 0; workers->all && i < workers->n; i++) {
        if (ours && workers->all[i].started)
            pthread_join(workers->all[i].thread, NULL);
        if (workers->all[i].context)
            jt_context_destroy(workers->all[i].context);
    }
    if (ours) {
        pthread_cond_destroy(&workers->done);
        pthread_cond_destroy(&workers->wake);
        pthread_mutex_destroy(&workers->mutex);
    }
    jt_release(&host, workers->all);
    jt_release(&host, workers);
}

jt_status jt_workers_run(jt_context *context, jt_piece_function function, const void *call, int64_t n)
{
    struct jt_workers *workers = context->workers;
    /* Waking threads costs more than a few jets. In a forked child there is nobody to wake. */
    if (!workers || n <= context->max_batch || workers->process != getpid())
        return function(context, call, 0, n);

    int64_t piece = n / ((int64_t)(workers->n + 1) * PIECES_PER_THREAD);
    piece = piece > LARGEST_PIECE ? LARGEST_PIECE : piece;
    /* Whole batches: a rest would cost nearly as much as a batch. */
    piece = (piece + context->max_batch - 1) / context->max_batch * context->max_batch;
    piece = piece < context->max_batch ? context->max_batch : piece;
    pthread_mutex_lock(&workers->mutex);
    workers->function = function;
    workers->call = call;
    workers->n_jets = n;
    workers->piece = piece;
    workers->status = JT_OK;
    workers->busy = workers->n;
    workers->call_number++;
    atomic_store(&workers->next, 0);
    pthread_cond_broadcast(&workers->wake);
    pthread_mutex_unlock(&workers->mutex);

    work(workers, context);

    pthread_mutex_lock(&workers->mutex);
    while (workers->busy > 0)
        pthread_cond_wait(&workers->done, &workers->mutex);
    const jt_status status = workers->status;
    if (status != JT_OK)
        snprintf(context->error, sizeof context->error, "%s", workers->error);
    pthread_mutex_unlock(&workers->mutex);
    return status;
}
