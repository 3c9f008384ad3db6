using System.Diagnostics;

namespace PcDarts.Web.Budget;

/// <summary>
/// Shares out something of which there is so much and no more, such as bytes of memory. Who asks for more than is left waits. Clients take
/// turns, whatever each of them asks for; of one client the smaller ones come first, the larger the wait the less that counts.
/// </summary>
/// <param name="capacity">What there is in all, at least 1. A portion that is larger is cut to it.</param>
/// <param name="places">Portions at the same time.</param>
/// <param name="perClient">Most that one client has at the same time, unless it has one portion only.</param>
internal sealed class FairShare(long capacity, int places = int.MaxValue, long perClient = long.MaxValue)
{
    // So long does a portion of everything stand back behind the smallest one of the same client.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Client> _clients = [];
    private readonly LinkedList<Client> _turns = []; // clients that wait, the next one first
    private readonly long _capacity = capacity;
    private long _free = capacity;
    private int _freePlaces = places;
    private long _asked;

    /// <summary>The amount that no client holds.</summary>
    public long Free
    {
        get
        {
            lock (_gate)
                return _free;
        }
    }

    /// <summary>Takes a portion, or waits for it.</summary>
    /// <param name="client">Who asks.</param>
    /// <param name="amount">How much, at least 1.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>What was taken; given back when it is disposed.</returns>
    public async Task<Portion> TakeAsync(string client, long amount, CancellationToken cancellation)
    {
        amount = Math.Min(amount, _capacity);
        Waiter waiter = new(amount);
        lock (_gate)
        {
            if (!_clients.TryGetValue(client, out Client? asking))
                _clients.Add(client, asking = new Client(client));
            if (asking.Waiters.Count == 0)
                _turns.AddLast(asking);
            double standsBack = (double)amount / _capacity * Patience.TotalSeconds;
            asking.Waiters.Enqueue(waiter, (Stopwatch.GetElapsedTime(0).TotalSeconds + standsBack, _asked++));
            HandOut();
        }
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(_ => GiveUp(waiter, cancellation), null);
        return await waiter.Task;
    }

    private void GiveUp(Waiter waiter, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (waiter.TrySetCanceled(cancellation))
                HandOut();
        }
    }

    private void GiveBack(Client client, long amount, int places)
    {
        lock (_gate)
        {
            _free += amount;
            _freePlaces += places;
            client.Has -= amount;
            Forget(client);
            HandOut();
        }
    }

    // Round after round, until the client whose turn it is finds too little left: all wait then, so that those who ask for much get it in
    // the end.
    private void HandOut()
    {
        for (int passedOver = 0; passedOver < _turns.Count;)
        {
            Client client = _turns.First!.Value;
            while (client.Waiters.TryPeek(out Waiter? gone, out _) && gone.Task.IsCompleted)
                client.Waiters.Dequeue();
            if (!client.Waiters.TryPeek(out Waiter? next, out _))
            {
                _turns.RemoveFirst();
                Forget(client);
                continue;
            }
            bool hasItsShare = client.Has > 0 && client.Has + next.Amount > perClient;
            if (!hasItsShare && (next.Amount > _free || _freePlaces == 0))
                return;
            _turns.RemoveFirst();
            if (hasItsShare)
            {
                passedOver++;
            }
            else
            {
                client.Waiters.Dequeue();
                client.Has += next.Amount;
                _free -= next.Amount;
                _freePlaces--;
                next.SetResult(new Portion(this, client, next.Amount));
                passedOver = 0;
            }
            if (client.Waiters.Count > 0)
                _turns.AddLast(client);
        }
    }

    private void Forget(Client client)
    {
        if (client is { Has: 0, Waiters.Count: 0 } && _clients.GetValueOrDefault(client.Name) == client)
            _clients.Remove(client.Name);
    }

    /// <summary>The amount that a holder has. For one thread at a time.</summary>
    public sealed class Portion(FairShare share, Client client, long amount) : IDisposable
    {
        private bool _returned;

        public long Amount { get; private set; } = amount;

        /// <summary>Gives back what goes beyond an amount.</summary>
        public void ShrinkTo(long rest)
        {
            if (_returned || rest >= Amount)
                return;
            share.GiveBack(client, Amount - rest, places: 0);
            Amount = rest;
        }

        public void Dispose()
        {
            if (_returned)
                return;
            _returned = true;
            share.GiveBack(client, Amount, places: 1);
        }
    }

    /// <summary>The amounts that a client holds and waits for.</summary>
    public sealed class Client(string name)
    {
        public string Name => name;

        public long Has { get; set; }

        public PriorityQueue<Waiter, (double Time, long Order)> Waiters { get; } = new();
    }

    public sealed class Waiter(long amount) : TaskCompletionSource<Portion>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public long Amount => amount;
    }
}
