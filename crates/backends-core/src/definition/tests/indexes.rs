//! Indexes: their fields, names, number, and what `GSI` makes of them.

use super::*;

#[test]
fn c38_an_index_is_a_field_or_an_object() {
    let users = good(
        r#"{"name": "users", "indexes": [
            "email",
            {"fields": ["role"], "unique": false},
            {"name": "by_tenant", "fields": ["tenant", "at"], "unique": true, "ordered": true}
        ]}"#,
    );
    assert_eq!(indexes(&users), ["by_tenant(tenant,at) unique ordered", "email(email) unique", "role(role)"]);
    let built = Definition::builder("users")
        .index(Index::unique(["tenant", "at"]).named("by_tenant").ordered())
        .index(Index::on(["role"]))
        .index(Index::unique(["email"]))
        .build();
    assert_eq!(built.unwrap(), users);
    assert_eq!(users.index("EMAIL").map(Index::name), Some("email"));
}

#[test]
fn c26_generated_names_are_the_fields_where_that_is_free_and_valid() {
    let long = "x".repeat(49);
    for (fields, name) in [
        (vec!["email"], "email"),
        (vec!["tenant", "email"], "tenant_email"),
        (vec!["at"], "ix_e7420e19055ef535"),
        (vec!["größe"], "ix_eb97c39b2aa10ebf"),
        (vec!["primary"], "ix_644d487195252b92"),
        (vec!["ix", "x"], "ix_82dfd324eab230bc"),
        (vec![long.as_str()], "ix_1090e4317ea98e08"),
    ] {
        assert_eq!(Index::unique(fields).name(), name);
    }
}

#[test]
fn c26_generated_names_do_not_depend_on_the_order_of_writing() {
    let one = Index::on(["a_bc"]);
    let two = Index::on(["a", "bc"]);
    let upper = Index::on(["A_bc"]);
    let names = |list: [&Index; 3]| {
        let definition = list.into_iter().cloned().fold(Definition::builder("users"), DefinitionBuilder::index).build();
        indexes(&definition.unwrap())
    };
    let expected = names([&one, &two, &upper]);
    assert_eq!(expected, names([&upper, &two, &one]));
    assert_eq!(expected, names([&two, &upper, &one]));
    assert!(expected.contains(&"A_bc(A_bc)".to_owned()), "{expected:?}");
    assert_eq!(expected.iter().filter(|name| name.starts_with("ix_")).count(), 2);
    let given = Definition::builder("users").index(Index::on(["email"])).index(Index::on(["x"]).named("EMAIL")).build();
    assert_eq!(given.unwrap().indexes().map(Index::name).filter(|name| name.starts_with("ix_")).count(), 1);
}

#[test]
fn c38_given_names_follow_the_rules() {
    for (name, part) in [
        ("ab", "3 to 48"),
        ("primary", "reserved"),
        ("Primary", "reserved"),
        ("ix_5fbf001c1dd5854f", "reserved"),
        ("1st", "start with a letter"),
        ("by email", "letters, digits"),
        ("system.by", "choose another"),
        ("SQLite_by", "choose another"),
    ] {
        let list = mistakes(Definition::builder("users").index(Index::on(["email"]).named(name)).build());
        assert!(list.len() == 1 && list[0].contains(part) && list[0].contains(name), "{name}: {list:?}");
        if part != "reserved" {
            refused(&format!(r#"{{"name": "{name}"}}"#), part);
        }
    }
    let twice =
        Definition::builder("users").index(Index::on(["a"]).named("same")).index(Index::on(["b"]).named("Same"));
    assert!(mistakes(twice.build())[0].contains("regardless of case"));
}

#[test]
fn c38_at_most_20_indexes_of_at_most_4_fields_each_once() {
    let with = |count: usize| {
        (0..count).fold(Definition::builder("users"), |builder, at| builder.index(Index::on([format!("field{at}")])))
    };
    assert_eq!(with(20).build().unwrap().indexes().len(), 20);
    assert!(mistakes(with(21).build())[0].contains("more than 20 indexes"));
    assert!(mistakes(with(20_000).build())[0].contains("more than 20 indexes"));
    assert!(Definition::builder("users").index(Index::on(["a", "b", "c", "d"])).build().is_ok());
    for (fields, part) in [
        (vec!["a", "b", "c", "d", "e"], "1 to 4 fields, not 5"),
        (vec![], "1 to 4 fields, not 0"),
        (vec!["a", "b", "a"], "twice in one index"),
        (vec!["a.b"], "is a path"),
        (vec!["tags[]"], "elements of an array"),
        (vec!["_id"], "use `customId`"),
        (vec!["$a"], "may not start with `$`"),
        (vec!["_backends_x"], "reserved"),
        (vec![""], "is empty"),
    ] {
        let list = mistakes(Definition::builder("users").index(Index::on(fields)).build());
        assert!(list.len() == 1 && list[0].contains(part), "{list:?}");
    }
}

#[test]
fn c38_two_indexes_on_the_same_fields_are_one_or_a_mistake() {
    let base = || Definition::builder("users").index(Index::unique(["email"]));
    assert_eq!(base().index(Index::unique(["email"])).build().unwrap().indexes().len(), 1);
    assert_eq!(base().index(Index::unique(["email"]).named("email")).build().unwrap().indexes().len(), 1);
    for other in [Index::on(["email"]), Index::unique(["email"]).ordered(), Index::unique(["email"]).named("mail")] {
        assert!(mistakes(base().index(other).build())[0].contains("two indexes on `email` differ"));
    }
    let both_orders = Definition::builder("users").index(Index::on(["a", "b"])).index(Index::on(["b", "a"])).build();
    assert_eq!(indexes(&both_orders.unwrap()), ["a_b(a,b)", "b_a(b,a)"]);
}

#[test]
fn c38_an_index_or_gsi_entry_on_the_primary_key_creates_nothing() {
    let today = good(
        r#"{"name": "users", "indexes": ["email"], "hashKey": "email", "readCapacity": 5, "writeCapacity": 5,
            "GSI": {"email": {"readCapacity": 1, "writeCapacity": 1}}}"#,
    );
    assert_eq!(indexes(&today), Vec::<String>::new());
    assert_eq!(today.throughput(), Some(Throughput::new(5, 5)));
    for text in [
        r#"{"name": "users", "indexes": ["id"]}"#,
        r#"{"name": "users", "GSI": {"id": {}}}"#,
        r#"{"name": "users", "indexes": [{"fields": ["id"], "unique": false}]}"#,
        r#"{"name": "users", "hashKey": "a", "rangeKey": "b", "indexes": [{"fields": ["a", "b"], "unique": true}]}"#,
        r#"{"name": "users", "indexes": [{"name": "by_id", "fields": ["id"], "unique": true}], "GSI": {"by_id": {}}}"#,
    ] {
        assert_eq!(indexes(&good(text)), Vec::<String>::new(), "{text}");
    }
    let half = good(r#"{"name": "users", "hashKey": "abc", "rangeKey": "b", "GSI": {"abc": {}}}"#);
    assert_eq!(indexes(&half), ["abc(abc)"]);
}

#[test]
fn c19_an_ordered_index_on_the_primary_key_is_there_to_order() {
    let built = Definition::builder("users").partition_key("email").index(Index::unique(["email"]).ordered()).build();
    let users = built.unwrap();
    assert_eq!(indexes(&users), ["email(email) ordered"]);
    // It reads, as every index does that is not unique, and so it is stored.
    assert!(users.index("email").unwrap().is_for_reading());
    assert_eq!(Definition::from_stored(&users.to_json()).unwrap(), users);
}

#[test]
fn c39_gsi_declares_an_index_or_names_one_for_reading() {
    let users = good(
        r#"{"name": "users", "indexes": ["email", "login", {"name": "by_role", "fields": ["role", "at"], "unique": false}],
            "GSI": {"email": {"readCapacity": 1, "writeCapacity": 2}, "by_role": {}, "city": {"readCapacity": 3.0, "writeCapacity": 4}}}"#,
    );
    assert_eq!(indexes(&users), ["by_role(role,at)", "city(city)", "email(email) unique", "login(login) unique"]);
    let reading = |name: &str| {
        let index = users.index(name).unwrap();
        (index.is_for_reading(), index.throughput())
    };
    assert_eq!(reading("by_role"), (true, None));
    assert_eq!(reading("city"), (true, Some(Throughput::new(3, 4))));
    assert_eq!(reading("email"), (true, Some(Throughput::new(1, 2))));
    assert_eq!(reading("login"), (false, None));
    let built = Definition::builder("users")
        .index(Index::unique(["email"]).for_reading())
        .index_throughput("email", Throughput::new(1, 2))
        .index_throughput("city", Throughput { read: 3, write: 4 })
        .index(Index::on(["role", "at"]).named("by_role"))
        .index(Index::unique(["login"]))
        .build();
    assert_eq!(built.unwrap(), users);
    refused(r#"{"name": "users", "GSI": {"a.b": {}}}"#, "is a path");
}

#[test]
fn c38_a_gsi_entry_is_two_capacities_or_none() {
    for (gsi, part) in [
        (r#"{"city": {"readCapacity": 1}}"#, "has one capacity of two"),
        (r#"{"city": {"readCapacity": 0, "writeCapacity": 1}}"#, "at least 1"),
        (r#"{"city": {"readCapacity": 1, "writecapacity": 1}}"#, "did you mean `writeCapacity`?"),
        (r#"{"city": null}"#, "has to be an object"),
        (r#"["city"]"#, "has to be an object"),
        (r#"{"city": {}, "city": {}}"#, "twice"),
    ] {
        let list = mistakes(Definition::from_json(&format!(r#"{{"name": "users", "GSI": {gsi}}}"#)));
        assert!(list.iter().any(|mistake| mistake.contains(part)), "{gsi}: {list:?}");
    }
    let twice = r#"{"name": "users", "indexes": [{"name": "by_city", "fields": ["city"], "unique": true}],
        "GSI": {"city": {"readCapacity": 1, "writeCapacity": 1}, "by_city": {"readCapacity": 2, "writeCapacity": 1}}}"#;
    refused(twice, "is given two capacities");
}
